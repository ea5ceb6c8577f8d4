-- Builds that could not be stopped on their hosts are stopped later; a step that its worker let go is no step that killed it.

alter table build
  add column needs_stop boolean not null default false,
  add column stop_asked_at timestamptz;
update build set needs_stop = true where state = 'cancelled' and zone_kept;
create index build_needs_stop on build (seq) where needs_stop;

alter table build_step add column interrupted integer not null default 0;
