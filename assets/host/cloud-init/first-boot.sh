#!/bin/bash
# Runs every part in order; a part that fails is named and does not keep the others from running.
# Harmless when repeated: sudo /usr/local/lib/l2-observatory/first-boot.sh
# A timer repeats it until every part has succeeded: a mirror that does not answer must not cost the host.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
# A part that fails, or a report that nobody hears, must not end the rest.
set +e
mkdir -p "$state" /var/log/l2-observatory
exec > >(tee -a /var/log/l2-observatory/first-boot.log) 2>&1

# report <running|ready|failed> <detail>: tells the outside how far it is, as far as that can be heard already.
report() {
  command -v aws >/dev/null || return 0
  publish first-boot "$1 $(cat /var/lib/cloud/data/instance-id) $(date -u +%FT%TZ) $2" ||
    log "cannot report '$1 $2'"
}

exec 9>/run/l2-observatory-first-boot.lock
flock --nonblock 9 || {
  log "runs already"
  exit 0
}
systemctl enable --quiet --now l2-observatory-first-boot.timer
rm -f "$state/ready" "$state/failed"
failed=()
for part in "$here"/[0-9]*.sh; do
  name=$(basename "$part" .sh)
  log "starts $name"
  report running "$name"
  "$part" || failed+=("$name")
done

if [ "${#failed[@]}" -gt 0 ]; then
  printf '%s\n' "${failed[@]}" >"$state/failed"
  log "failed: ${failed[*]}"
  report failed "$(IFS=, && echo "${failed[*]}")"
  exit 1
fi
date -u +%FT%TZ >"$state/ready"
systemctl disable --quiet --now l2-observatory-first-boot.timer
log "the host is ready"
report ready -
