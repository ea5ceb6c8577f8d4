#!/bin/sh
# zonename: the zone that this runs in. zlogin says so in ZONENAME.
echo "${ZONENAME:-global}"
