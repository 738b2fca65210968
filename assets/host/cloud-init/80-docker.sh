#!/bin/bash
# Docker Engine with its data on the data volume; daemon.json and the unit's drop-in are there before it starts.
. "$(dirname "$0")/common.sh"

data_volume_is_mounted || fail "the data volume is not mounted: Docker would fill the root disk"
case $OPERATING_SYSTEM in
  debian-12) install_packages docker.io ;;
  *) install_packages docker ;;
esac
systemctl daemon-reload
systemctl enable --quiet --now docker.service
root=$(docker info --format '{{.DockerRootDir}}')
[ "$root" = "$DATA_MOUNT/docker" ] || fail "Docker keeps its data in $root, not in $DATA_MOUNT/docker"
log "Docker $(docker version --format '{{.Server.Version}}') answers"
