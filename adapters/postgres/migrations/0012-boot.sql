-- Further tokens of an install, for installers that are known by their MAC address and need one in what they fetch then;
-- and the logs that kayak uploads.

create table install_token (
  install     uuid not null references install (id) on delete cascade,
  seq         bigint generated always as identity,
  -- sha256 of the token
  secret_hash bytea not null unique,
  primary key (install, seq)
);

create table kayak_log (
  -- 12 hex digits in upper case
  mac         text not null,
  -- seconds since the epoch
  at          bigint not null,
  body        bytea not null,
  primary key (mac, at)
);
