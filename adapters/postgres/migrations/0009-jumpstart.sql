-- The JumpStart directory: each change is a revision, nothing is overwritten.

-- rules, profiles and scripts; revisions share those that are the same
create table jumpstart_text (
  sha256 text primary key,
  text   text not null
);

create table jumpstart_revision (
  revision integer primary key check (revision > 0),
  rules    text not null references jumpstart_text (sha256),
  -- path → { sha256, mode }
  files    json not null,
  actor    text not null,
  why      text,
  at       timestamptz not null
);
