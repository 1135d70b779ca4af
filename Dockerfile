# The training image: docker build -t moksori:gpu .               (NVIDIA cards)
#                     docker build -t moksori:cpu --target cpu .
# What it holds and how it is run: docs/deploy.md. Everything that installs is
# docker/install.sh, which runs, and is tested, without an engine.

# One Python for all stages, by exact tag. Debian 12 is older than Ubuntu 24.04 (glibc
# 2.36, 2.39), so what is built on the former runs on the latter; Ubuntu itself has no
# maintained Python 3.11.
FROM python:3.11.14-slim-bookworm AS python

# Packages come from where pip's configuration says; a private one is handed over with
# --secret id=pip,src=pip.conf and stays out of every layer.
FROM python AS install-gpu
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    --mount=type=bind,source=requirements/gpu.lock,target=/src/requirements/gpu.lock \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    /src/docker/install.sh gpu /opt/moksori

FROM python AS install-cpu
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    --mount=type=bind,source=requirements/cpu.lock,target=/src/requirements/cpu.lock \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    /src/docker/install.sh cpu /opt/moksori

# .dockerignore decides what this is. Readable for everybody, whatever the umask of the
# checkout, and compiled here, because nobody may write later.
FROM python AS source
COPY . /app
RUN chmod -R a+rX /app && python -m compileall -q /app

FROM python AS cpu
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    /src/docker/install.sh system
COPY --from=install-cpu /opt/moksori /opt/moksori
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    /src/docker/install.sh check /opt/moksori
COPY --from=source /app /app

LABEL org.opencontainers.image.title="moksori" \
      org.opencontainers.image.description="Train a Korean voice and speak with it, without an accelerator" \
      org.opencontainers.image.version="0.1.0"

# Caches of Numba, Matplotlib, Keras and the driver go below HOME. PYTHON… and
# MOKSORI_…: nothing is written beside the code, lines of the log appear at once, and
# TensorBoard is heard outside the container.
ENV PATH=/opt/moksori/bin:$PATH \
    HOME=/tmp/home \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOKSORI_PYTHON=/opt/moksori/bin/python \
    MOKSORI_HOST=0.0.0.0

# data/ and logs/ are mounted here, so that paths are those of the checkout.
WORKDIR /work
EXPOSE 6006
STOPSIGNAL SIGTERM
USER 1000:1000
ENTRYPOINT ["tini", "--", "/app/docker/entrypoint.sh"]
CMD ["help"]

# The CUDA libraries come with the wheels, so the smallest base is enough: it brings the
# compatibility package for older drivers of data-center cards, and has the container
# runtime refuse in one line a driver that is too old.
FROM nvidia/cuda:12.9.1-base-ubuntu24.04 AS gpu
COPY --from=python /usr/local/bin/python3.11 /usr/local/bin/
COPY --from=python /usr/local/lib/libpython3.11.so.1.0 /usr/local/lib/
COPY --from=python /usr/local/lib/python3.11 /usr/local/lib/python3.11
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    ldconfig && /src/docker/install.sh system
COPY --from=install-gpu /opt/moksori /opt/moksori
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    /src/docker/install.sh check /opt/moksori
COPY --from=source /app /app

LABEL org.opencontainers.image.title="moksori" \
      org.opencontainers.image.description="Train a Korean voice and speak with it, on NVIDIA cards" \
      org.opencontainers.image.version="0.1.0"

# As for cpu. The base points LD_LIBRARY_PATH at a CUDA runtime of its own, which would
# be loaded instead of that of the wheels; only where drivers are mounted remains. The
# two NVIDIA_ variables are those of the base, said aloud.
ENV PATH=/opt/moksori/bin:$PATH \
    HOME=/tmp/home \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOKSORI_PYTHON=/opt/moksori/bin/python \
    MOKSORI_HOST=0.0.0.0 \
    LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility

WORKDIR /work
EXPOSE 6006
STOPSIGNAL SIGTERM
USER 1000:1000
ENTRYPOINT ["tini", "--", "/app/docker/entrypoint.sh"]
CMD ["help"]
