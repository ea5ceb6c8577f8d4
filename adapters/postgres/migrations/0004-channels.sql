-- Channels have a history, versions a reason for being revoked or held back, and the server knows the zones on its hosts.

-- Why and when a version was revoked; since when is what decides whether an install may finish with it.
alter table version add column revoked_why text;
alter table version add column revoked_at timestamptz;
update version set revoked_at = now() where state = 'revoked';
-- Why no channel takes the version by itself.
alter table version add column held_back text;

-- When candidates move on by themselves: the recipe's `promote`.
alter table template add column promote_policy json;
-- Whom to tell when one fails: the recipe's webhooks.
alter table template add column failure_hooks json;

create table channel_move (
  seq         bigint generated always as identity primary key,
  template    text not null references template (name),
  channel     text not null,
  from_version text,
  to_version  text not null,
  kind        text not null check (kind in
                ('publish', 'first', 'promote', 'automatic', 'rollback', 'canary-back', 'hold', 'revoke', 'unrevoke')),
  actor       text not null,
  why         text,
  at          timestamptz not null
);
create index channel_move_template on channel_move (template, seq);

-- What channels pointed at before they had a history is where it begins.
insert into channel_move (template, channel, to_version, kind, actor, why, at)
select template, name, version, 'publish', 'zoneflash', 'it was there before the history began', moved_at
  from channel order by moved_at;

-- The hosts that get the candidate first.
create table canary (
  template    text not null references template (name),
  channel     text not null,
  host        text not null,
  primary key (template, channel, host)
);

-- The zones on hosts, as the hosts last reported them.
create table zone (
  host        text not null,
  name        text not null,
  template    text not null,
  version     text not null,
  -- the install that made it
  install     text not null,
  booted      boolean not null,
  since       timestamptz not null,
  last_reported timestamptz not null,
  primary key (host, name)
);
create index zone_version on zone (template, version);
