# The image of web, key-events, worker, beat and set-up: one image, five commands (docker-compose.yml).
FROM python:3.11-slim AS packages
COPY requirements/app.txt /tmp/app.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/app.txt

FROM python:3.11-slim
RUN groupadd --gid 10001 billing \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin billing \
    && install -d -o billing -g billing -m 0700 /data /run/billing-metrics
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY catalog ./catalog
COPY accounts ./accounts
COPY billing ./billing
COPY usage ./usage
COPY dashboard ./dashboard
COPY config ./config
# The file system is read-only at run time.
RUN /venv/bin/python -m compileall -q /app
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    DATA_DIR=/data \
    LOG_FORMAT=json \
    PROMETHEUS_MULTIPROC_DIR=/run/billing-metrics
USER 10001:10001
EXPOSE 8000 8001
CMD ["python", "manage.py", "check"]
