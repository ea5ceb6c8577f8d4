-- Which versions hold the snapshot of a guid, without reading every manifest.

alter table artifact add column guid text;

-- json functions refuse a manifest with \u0000 or half a surrogate pair anywhere in it; guids are digits
update artifact set guid = form.value ->> 'guid'
  from version,
       json_array_elements(regexp_replace(version.manifest::text, '\\u[0-9A-Fa-f]{4}', '\\u0020', 'g')::json -> 'artifacts')
         with ordinality as form (value, number)
 where artifact.template = version.template and artifact.version = version.name
   and artifact.position = form.number - 1
   and form.value ->> 'guid' is not null;

create index artifact_guid on artifact (guid) where guid is not null;
