# zb and restic. `docker build -t zb .`, then compose.yaml; see docs/guide/install.md.

FROM rust:1.95-slim-trixie AS build
WORKDIR /src
# What is not needed for the program is in .dockerignore.
COPY . .
RUN cargo build --locked --release --package zb-bin

FROM debian:trixie-slim
# openssh-client is for sftp: repositories.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates openssh-client restic \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 zb \
    && useradd --uid 10001 --gid zb --home-dir /data/home --no-create-home --shell /usr/sbin/nologin zb \
    && install --directory --owner=zb --group=zb --mode=0700 /data
COPY --from=build /src/target/release/zb /usr/local/bin/zb

# Job files, repositories and sources are mounted where you like; this is zb's own: database, key, restic's cache.
VOLUME /data
ENV HOME=/data/home \
    XDG_CACHE_HOME=/data/cache \
    ZB_DATA_DIR=/data/zb \
    ZB_LISTEN=0.0.0.0:4097
EXPOSE 4097
USER zb
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["zb", "health"]
# zb is process 1, and fit for it: it needs no init. SIGTERM ends it when the post hooks are sent; give it time (--stop-timeout).
STOPSIGNAL SIGTERM
ENTRYPOINT ["zb"]
CMD ["serve"]
