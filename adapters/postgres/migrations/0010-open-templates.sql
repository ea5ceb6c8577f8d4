-- Which clients may read a template without a token, what the top of its images is, and tokens that read bytes and nothing else.

alter table template add column open_to text[] not null default '{}';
-- null: by brand
alter table template add column image_layout text check (image_layout in ('zonepath', 'zoneroot'));

alter table api_token drop constraint api_token_role_check;
alter table api_token add constraint api_token_role_check
  check (role in ('admin', 'publisher', 'operator', 'viewer', 'reader'));
-- of a reader: the templates whose bytes it gives; null: all
alter table api_token add column templates text[];
