-- What a template is of: a zone or a whole system. It is the same for all its versions, also for those that are deleted.

alter table template add column kind text check (kind in ('zone', 'system'));

update template set kind = 'zone'
 where exists (select from version where version.template = template.name and version.was_ready);
