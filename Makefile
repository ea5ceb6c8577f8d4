# The commands of the README. Each does its own set-up: npm packages, and Debian packages where root can install them.
.PHONY: demo demo-clean test run setup packages

NPM = npm --no-fund --no-audit
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

demo: setup
	demo/demo.sh

demo-clean:
	demo/clean.sh

test: setup
	npm run --silent check

run: node_modules/.installed
	npm start --silent

setup: packages node_modules/.installed

packages:
	@scripts/install-packages.sh

# install, not ci: a registry that does not carry every platform's optional packages leaves them out of the lock file, and
# npm 11's ci refuses such a file. The versions are the lock file's either way.
node_modules/.installed: package-lock.json
	@echo 'npm: installing the packages of package-lock.json'
	@$(NPM) install --no-save --loglevel=error
	@touch $@
