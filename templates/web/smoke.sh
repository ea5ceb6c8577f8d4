#!/bin/sh
# Runs inside the zone: Apache answers. It is started if it is not up, as in a zone that was just customised.
set -eu
service apache2 status >/dev/null 2>&1 || service apache2 start
curl -fsS -o /dev/null http://127.0.0.1/
echo 'Apache answers'
