-- Builds, their steps and logs: the truth about them, whatever the queue has forgotten.

create table build (
  id          uuid primary key,
  seq         bigint generated always as identity unique,
  template    text not null,
  version     text not null,
  host        text not null,
  zone        text not null,
  state       text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled', 'skipped')),
  inputs      json not null,
  reason      text not null,
  force       boolean not null,
  parent      uuid,
  children    boolean not null,
  cancel_requested boolean not null default false,
  zone_kept   boolean not null default false,
  keep_zone   boolean not null default false,
  flow        integer not null default 1,
  failure     json,
  created_by  text not null,
  created_at  timestamptz not null,
  started_at  timestamptz,
  finished_at timestamptz,
  -- what appendLog has written and what it has left out
  log_seq     integer not null default 0,
  log_bytes   bigint not null default 0
);
create unique index build_version on build (template, version);
-- Asked for twice, a child is one build.
create unique index build_child on build (parent, template) where parent is not null;
create index build_open on build (host) where state in ('waiting', 'running');

create table build_step (
  build       uuid not null references build (id) on delete cascade,
  position    integer not null,
  name        text not null,
  state       text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  attempts    integer not null default 0,
  started_at  timestamptz,
  finished_at timestamptz,
  -- who does it, and until when nobody else may
  runner      text,
  held_until  timestamptz,
  primary key (build, name)
);

create table build_log (
  build       uuid not null references build (id) on delete cascade,
  seq         integer not null,
  step        text,
  at          timestamptz not null,
  text        text not null,
  primary key (build, seq)
);
