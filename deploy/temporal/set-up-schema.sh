#!/bin/sh
# Brings the tables of Temporal's two databases to the version of this image. Safe to repeat.
set -eu
SQL_PASSWORD=$(cat /run/secrets/temporal_password)
export SQL_PASSWORD

set_up() {
  tool="temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db $1"
  $tool setup-schema -v 0.0
  $tool update-schema -d "/etc/temporal/schema/postgresql/v12/$2/versioned"
}
set_up temporal temporal
set_up temporal_visibility visibility
