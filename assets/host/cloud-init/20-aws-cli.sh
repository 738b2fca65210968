#!/bin/bash
# The AWS CLI: it brings peers, keys and secrets to the host and tells the outside how far first boot is.
. "$(dirname "$0")/common.sh"

case $OPERATING_SYSTEM in
  debian-12) install_packages awscli ;;
  *) install_packages awscli-2 ;;
esac
log "$(aws --version)"
