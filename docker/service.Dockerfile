# The service's two images, beside the image for no card (docs/service.md):
#
#   docker build -t moksori:cpu --target cpu .
#   docker build -t moksori:api --target api -f docker/service.Dockerfile .
#   docker build -t moksori:worker --target worker -f docker/service.Dockerfile .
#
# `api` answers requests and has neither TensorFlow nor torch; `worker` speaks. With
# --build-arg BASE=moksori:xtts the worker clones voices too.
ARG BASE=moksori:cpu
FROM python:3.11.14-slim-bookworm AS python

FROM python AS install-api
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    --mount=type=bind,source=requirements/api.lock,target=/src/requirements/api.lock \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    /src/docker/install.sh api /opt/moksori

FROM python AS source
COPY . /app
RUN chmod -R a+rX /app && python -m compileall -q /app

FROM python AS api
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    /src/docker/install.sh system
COPY --from=install-api /opt/moksori /opt/moksori
COPY --from=source /app /app

LABEL org.opencontainers.image.title="moksori-api" \
      org.opencontainers.image.description="Answer requests of the voice service" \
      org.opencontainers.image.version="0.1.0"

# What a request spools goes to MOKSORI_DATA; files that last go to STORAGE_URL.
ENV PATH=/opt/moksori/bin:$PATH \
    HOME=/tmp/home \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOKSORI_PYTHON=/opt/moksori/bin/python \
    MOKSORI_HOST=0.0.0.0 \
    MOKSORI_ACCOUNTS=1 \
    MOKSORI_DATA=/tmp/moksori

WORKDIR /work
EXPOSE 5000
STOPSIGNAL SIGTERM
USER 1000:1000
ENTRYPOINT ["tini", "--", "/app/docker/entrypoint.sh"]
CMD ["serve", "--role", "web"]

FROM ${BASE} AS worker

LABEL org.opencontainers.image.title="moksori-worker" \
      org.opencontainers.image.description="Speak for the voice service" \
      org.opencontainers.image.version="0.1.0"

ENV MOKSORI_ACCOUNTS=1 \
    MOKSORI_DATA=/tmp/moksori

USER 0:0
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    --mount=type=bind,source=requirements,target=/src/requirements \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    HOME=/root /src/docker/install.sh service /opt/moksori && \
    HOME=/root /src/docker/install.sh speakers /opt/moksori
USER 1000:1000
CMD ["serve", "--role", "worker"]
