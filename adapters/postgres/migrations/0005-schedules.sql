-- Schedules, and what became of their slots.

create table schedule (
  name        text primary key,
  cron        text not null,
  time_zone   text not null,
  builds      text[] not null,
  missed      text not null check (missed in ('run-once', 'skip')),
  force       boolean not null,
  enabled     boolean not null,
  -- slots up to this one are dealt with
  cursor      timestamptz not null,
  changed_by  text not null,
  changed_at  timestamptz not null
);

create table schedule_run (
  id          uuid primary key,
  schedule    text not null references schedule (name) on delete cascade,
  slot        timestamptz not null,
  why         text not null check (why in ('slot', 'person')),
  state       text not null check (state in ('waiting', 'done', 'missed')),
  missed      integer not null,
  builds      text[] not null,
  force       boolean not null,
  outcomes    json not null default '[]',
  actor       text not null,
  created_at  timestamptz not null,
  finished_at timestamptz,
  -- until when nobody else may finish it
  held_until  timestamptz,
  -- a slot is run once, whoever comes first
  unique (schedule, slot)
);
create index schedule_run_open on schedule_run (created_at) where state = 'waiting';
