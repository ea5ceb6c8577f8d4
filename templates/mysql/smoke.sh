#!/bin/sh
# Runs inside the zone: MariaDB answers. It is started if it is not up, as in a zone that was just customised.
set -eu
service mariadb status >/dev/null 2>&1 || service mariadb start
mysqladmin status
