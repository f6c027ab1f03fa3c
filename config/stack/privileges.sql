-- Run as `owner` in each database: what `app` may do with everything that `owner` creates there later.
grant usage on schema public to app;
alter default privileges in schema public grant select, insert, update, delete on tables to app;
alter default privileges in schema public grant usage on sequences to app;
