#!/bin/sh
# Run once by the image, when it has made a new cluster: what the control plane owns, and what Temporal owns.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\set orchestrator_password `cat /run/secrets/database_password`
\set temporal_password `cat /run/secrets/temporal_password`
CREATE ROLE orchestrator LOGIN PASSWORD :'orchestrator_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE orchestrator OWNER orchestrator;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE ALL ON DATABASE orchestrator, temporal, temporal_visibility FROM PUBLIC;
SQL
