# Two stages: the first installs, the second holds Python, Greenlit and its libraries, and neither pip nor a compiler.
# The library, the builds and the state are mounted (docker-compose.yml); nothing of them, and no secret, is in here.
#
# PyTorch for the processor only. If the package index you use gives `torch==2.13.0` with GPU libraries (several GB that
# are never used), name the CPU build and the index that the PyTorch project keeps for it:
#   docker build --build-arg TORCH=torch==2.13.0+cpu --build-arg PIP_EXTRA_INDEX_URL=<that index> .
# Answers that a language model writes need one extra more, --build-arg EXTRAS=mcp,slack,postgres,llm (MODELS.md); so do
# builds in an object store (objects), Milvus (milvus), ingestion on a Ray cluster (ray): docs/scale.md; and traces (traces).
# The tag says the Python; for builds that can be repeated to the byte, write the base image's digest behind it.

FROM python:3.12-slim AS install
ARG TORCH=torch==2.13.0
ARG PIP_EXTRA_INDEX_URL=
ARG EXTRAS=mcp,slack,postgres
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/greenlit
RUN python -m pip --python /opt/greenlit/bin/python install "${TORCH}"
WORKDIR /src
COPY pyproject.toml README.md LICENSE greenlit.py ./
COPY indexes indexes
COPY ingest ingest
COPY service service
COPY eval eval
RUN python -m pip --python /opt/greenlit/bin/python install ".[${EXTRAS}]"

FROM python:3.12-slim
RUN python -m pip uninstall --yes pip \
    && groupadd --gid 10001 greenlit \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin greenlit \
    && install -d -o 10001 -g 10001 -m 0700 /builds /keys /state /state/builds_in_use \
    && install -d -o root -g root -m 0755 /library
COPY --from=install /opt/greenlit /opt/greenlit
# The root file system may be read-only: whatever a library wants to cache goes to /tmp, which is a tmpfs.
ENV PATH=/opt/greenlit/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp/.cache \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GREENLIT_LIBRARY=/library \
    GREENLIT_BUILDS=/builds \
    GREENLIT_STATE=/state
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
# Ready, not only alive: without a build, a register or a log that can be written nobody is answered. Over TLS of its own
# it is asked as itself: whose certificate that is, it knows.
HEALTHCHECK --interval=30s --timeout=5s --start-period=180s --start-interval=5s --retries=3 \
    CMD ["python", "-c", "import os, ssl, urllib.request as u; own = os.environ.get('GREENLIT_TLS_CERTIFICATE'); u.urlopen('http' + 's' * bool(own) + '://127.0.0.1:' + os.environ.get('GREENLIT_PORT', '8000') + '/readyz', timeout=4, context=ssl._create_unverified_context() if own else None)"]
ENTRYPOINT ["greenlit"]
CMD ["serve"]
