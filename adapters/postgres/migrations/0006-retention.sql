-- How long versions of a template stay that nothing uses; null: the default of core/retention/policy.ts.
alter table template add column retention json;
