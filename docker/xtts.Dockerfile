# Cloning and comparing: docker build -t moksori:cpu --target cpu .
#                        docker build -t moksori:xtts -f docker/xtts.Dockerfile .
# Without a card, the second with --build-arg TORCH=cpu. How it is run: docs/deploy.md.
#
# It is the image for no card with XTTS beside, on NVIDIA cards too: torch's CUDA 13 and
# TensorFlow's CUDA 12 call their libraries by the same names (libcudnn.so.9), of which a
# process holds one. So XTTS is on the card here, and a trained voice on the processor,
# where it speaks faster than it is heard. Trainings are for moksori:gpu.
ARG BASE=moksori:cpu
FROM ${BASE}

LABEL org.opencontainers.image.title="moksori-xtts" \
      org.opencontainers.image.description="Clone a voice with XTTS and compare it with a trained one" \
      org.opencontainers.image.version="0.1.0"

# An older driver is refused in one line instead of leaving XTTS on the processor; without
# --gpus nothing is asked. Weights are not in the image: they have a licence of their own,
# which whoever runs it agrees to, so COQUI_TOS_AGREED is not set here.
ENV HF_HOME=/weights \
    NVIDIA_REQUIRE_CUDA=cuda>=13.0 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility

# Everybody may write to a volume that is made from this folder, as to /tmp.
ARG TORCH=cuda
USER 0:0
RUN --mount=type=bind,source=docker/install.sh,target=/src/docker/install.sh \
    --mount=type=bind,source=requirements/xtts.lock,target=/src/requirements/xtts.lock \
    --mount=type=cache,target=/root/.cache/pip \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    install -d -m 1777 /weights && \
    HOME=/root /src/docker/install.sh xtts /opt/moksori "$TORCH"
VOLUME /weights
USER 1000:1000
