-- Images that came by the publish calls of IMGAPI: their uuids and what was said of them stay with the version that each became.

create table image (
  uuid        text primary key,
  template    text not null,
  version     text not null,
  state       text not null check (state in ('unactivated', 'active')),
  manifest    json not null,
  -- the file, once it has arrived: an artifact as core/manifest.ts has it, and the name of its bytes
  artifact    json,
  sha256      text,
  created_by  text not null,
  created_at  timestamptz not null
);
create index image_version on image (template, version);
create index image_unactivated on image (created_at) where state = 'unactivated';
