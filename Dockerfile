FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends bzip2 ca-certificates cpio curl openssh-client pigz tini xorriso xz-utils zstd \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/zoneflash
COPY package.json package-lock.json ./
RUN npm install --no-save --omit=dev --no-fund --no-audit
COPY core core
COPY app app
COPY adapters adapters
COPY server server
COPY worker worker
COPY cli cli
COPY finish-scripts finish-scripts
COPY profiles profiles
RUN install -d -o node -g node /data
USER node
ENV ZONEFLASH_DATA=/data
VOLUME /data
EXPOSE 7070
ENTRYPOINT ["tini", "--", "node", "/opt/zoneflash/cli/main.ts"]
CMD ["up"]
