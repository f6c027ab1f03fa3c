-- Creates the two roles, the database and its privileges; run again it changes nothing but the passwords.
--
-- The embedded engine runs this at every start. In production, once and as a superuser:
--   OWNER_PASSWORD=… APP_PASSWORD=… psql -X -f config/stack/roles.sql postgres://postgres@host/postgres
--
-- `owner` owns the database and migrates. `app` is what web, workers and commands connect as: it reads and
-- writes rows, and append-only tables take update and delete away from it in their own migrations.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

select 'create role owner login' where not exists (select from pg_roles where rolname = 'owner') \gexec
select 'create role app login' where not exists (select from pg_roles where rolname = 'app') \gexec
alter role owner password :'owner_password';
alter role app password :'app_password';

select 'create database billing owner owner'
where not exists (select from pg_database where datname = 'billing') \gexec
revoke all on database billing from public;
grant connect on database billing to app;

\connect billing
set role owner;
\ir privileges.sql
