#!/bin/bash
# Secrets of the services: files out of Systems Manager, at every boot before Docker starts, then by a timer.
. "$(dirname "$0")/common.sh"

install --directory --mode=0700 "$SECRETS_DIRECTORY"
systemctl daemon-reload
systemctl enable --quiet l2-observatory-secrets.service
systemctl enable --quiet --now l2-observatory-secrets.timer
systemctl start l2-observatory-secrets.service
log "$(wc --lines <"$secrets_list") secrets in $SECRETS_DIRECTORY"
