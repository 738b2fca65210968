# shellcheck shell=bash
# What the parts share. They are started by first-boot.sh and read their settings from host.env.
set -euo pipefail
# shellcheck source=/dev/null
. /etc/l2-observatory/host.env
# Where the services of AWS are, if not where the CLI looks.
# shellcheck source=/dev/null
[ ! -e /etc/l2-observatory/aws.env ] || . /etc/l2-observatory/aws.env

# shellcheck disable=SC2034 # read by the parts
{
  state=/var/lib/l2-observatory
  secrets_list=$state/secrets
  wireguard_conf=/etc/l2-observatory/wireguard.conf
  authorized_keys=/etc/l2-observatory/authorized_keys
}

log() {
  printf '%s %s: %s\n' "$(date -u +%FT%TZ)" "$(basename "$0" .sh)" "$*"
}

fail() {
  log "$*" >&2
  exit 1
}

# retry <times> <command…>: waits 1, 2, 3 … seconds between attempts.
retry() {
  local times=$1 attempt
  shift
  for ((attempt = 1; attempt <= times; attempt++)); do
    "$@" && return 0
    [ "$attempt" -eq "$times" ] || sleep "$attempt"
  done
  return 1
}

package_is_there() {
  case $OPERATING_SYSTEM in
    debian-12) [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
    *) rpm --query --quiet "$1" ;;
  esac
}

install_packages() {
  local package missing=()
  for package in "$@"; do
    package_is_there "$package" || missing+=("$package")
  done
  if [ "${#missing[@]}" -eq 0 ]; then
    log "packages are there: $*"
    return 0
  fi
  log "installs ${missing[*]}"
  case $OPERATING_SYSTEM in
    debian-12)
      export DEBIAN_FRONTEND=noninteractive
      retry 5 apt-get --quiet=2 --option DPkg::Lock::Timeout=300 update
      retry 5 apt-get --quiet=2 --option DPkg::Lock::Timeout=300 \
        --option Dpkg::Options::=--force-confold install --yes --no-install-recommends "${missing[@]}"
      ;;
    *) retry 5 dnf --assumeyes --quiet install "${missing[@]}" ;;
  esac
}

# put <file> <mode>: writes standard input to the file; sets `changed` to yes or no.
put() {
  local file=$1 mode=$2 new
  mkdir -p "$(dirname "$file")"
  new=$(mktemp "$file.XXXXXX")
  cat >"$new"
  chmod "$mode" "$new"
  changed=no
  if cmp --silent "$new" "$file"; then
    rm "$new"
  else
    mv "$new" "$file"
    # shellcheck disable=SC2034 # read by the parts
    changed=yes
    log "wrote $file"
  fi
}

data_volume_is_mounted() {
  mountpoint --quiet "$DATA_MOUNT"
}

# ssm <command> <argument…>: asks Systems Manager; gives up soon, since a timer asks again.
ssm() {
  AWS_MAX_ATTEMPTS=2 aws ssm "$@" --region "$REGION" --cli-connect-timeout 5 --cli-read-timeout 20 \
    ${AWS_ENDPOINT_URL_SSM:+--endpoint-url "$AWS_ENDPOINT_URL_SSM"}
}

# publish <name> <value>: writes a parameter of the host.
publish() {
  retry 3 ssm put-parameter --name "$PARAMETERS/host/$1" --type String --overwrite --value "$2" >/dev/null
}

# The port of the tunnel: that of the environment once it has arrived, before that the one of first boot.
tunnel_port() {
  sed --quiet 's/^ListenPort = //p' "$wireguard_conf" 2>/dev/null | grep . || echo "$TUNNEL_PORT"
}

# write_firewall_settings <port>
write_firewall_settings() {
  put /etc/l2-observatory/firewall-settings.nft 0644 <<END
define wireguard_port = $1
define tunnel_address = $TUNNEL_ADDRESS
END
}
