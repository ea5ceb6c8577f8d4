-- The catalog of templates, the hosts and their installs, tokens and the audit log.
-- Records whose shape core/ defines are kept as json (not jsonb: it keeps every string it is given, also \u0000);
-- the columns beside them are what queries look for.

create table template (
  name        text primary key,
  public      boolean not null default false,
  created_at  timestamptz not null default now()
);

create table version (
  template    text not null references template (name),
  name        text not null,
  -- order of recording: "latest" follows it
  seq         bigint generated always as identity unique,
  state       text not null check (state in ('building', 'testing', 'ready', 'revoked', 'deleted')),
  manifest    json not null,
  origin_template text,
  origin_version  text,
  recorded_at timestamptz not null default now(),
  primary key (template, name)
);
create index version_origin on version (origin_template, origin_version);

-- The packaged forms of a version, for looking them up by digest; the manifest has all about them.
create table artifact (
  template    text not null,
  version     text not null,
  position    integer not null,
  sha256      text not null,
  format      text not null,
  compression text not null,
  size        bigint not null,
  primary key (template, version, position),
  foreign key (template, version) references version (template, name)
);
create index artifact_sha256 on artifact (sha256);

create table channel (
  template    text not null references template (name),
  name        text not null,
  version     text not null,
  moved_at    timestamptz not null default now(),
  primary key (template, name),
  foreign key (template, version) references version (template, name)
);

-- The index of an artifact, some thousand entries a row, one JSON object a line in archive order:
-- two million rows of their own would take longer to write than the archive takes to arrive.
create table entry_index (
  sha256      text primary key,
  entries     bigint not null default 0
);
create table entry_batch (
  sha256      text not null references entry_index (sha256) on delete cascade,
  position    integer not null,
  lines       text not null,
  primary key (sha256, position)
);

create table host (
  name        text primary key,
  record      json not null
);

create table profile (
  name        text primary key,
  record      json not null
);

create table api_token (
  id          uuid primary key default gen_random_uuid(),
  name        text not null,
  role        text not null check (role in ('admin', 'publisher', 'operator', 'viewer')),
  -- sha256 of the secret
  secret_hash bytea not null unique,
  created_at  timestamptz not null,
  last_used_at timestamptz
);

create table install (
  id          uuid primary key default gen_random_uuid(),
  seq         bigint generated always as identity unique,
  host        text not null,
  state       text not null check (state in ('armed', 'running', 'done', 'failed', 'expired')),
  plan        json not null,
  -- sha256 of the token
  secret_hash bytea not null unique,
  armed_at    timestamptz not null,
  expires_at  timestamptz not null,
  finished_at timestamptz
);
-- A host has one open install at most.
create unique index install_open on install (host) where state in ('armed', 'running', 'failed');

create table install_event (
  install     uuid not null references install (id) on delete cascade,
  seq         integer not null,
  id          text not null,
  event       json not null,
  received_at timestamptz not null,
  primary key (install, seq),
  unique (install, id)
);

create table audit_event (
  seq         bigint generated always as identity primary key,
  at          timestamptz not null,
  actor       text not null,
  action      text not null,
  subject     text not null,
  details     json
);
