-- An image is `activating` from the moment its file and its name are settled until its version is there and channels know of it:
-- whoever asks again goes on from there. One that is on its way is forgotten by when it was last heard of, not by when it began.

alter table image drop constraint image_state_check;
alter table image add constraint image_state_check check (state in ('unactivated', 'activating', 'active'));
alter table image add column touched_at timestamptz;
update image set touched_at = created_at;
alter table image alter column touched_at set not null;
drop index image_unactivated;
create index image_unactivated on image (touched_at) where state = 'unactivated';
drop index image_version;
-- a version is one image
create unique index image_version on image (template, version) where state <> 'unactivated';
