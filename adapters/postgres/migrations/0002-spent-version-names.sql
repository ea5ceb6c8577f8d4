-- A version that was ever ready keeps its name when it is deleted: its addresses were served as immutable.
alter table version add column was_ready boolean not null default false;
update version
   set was_ready = true
 where state in ('ready', 'revoked')
    or (state = 'deleted' and exists (
         select from artifact where artifact.template = version.template and artifact.version = version.name));
