#!/bin/bash
# The tunnel. Its private key is made here, stays on the data volume, and so outlives the instance.
. "$(dirname "$0")/common.sh"

case $OPERATING_SYSTEM in
  debian-12) install_packages wireguard-tools iproute2 ;;
  *) install_packages wireguard-tools iproute ;;
esac
sysctl --quiet --load /etc/sysctl.d/60-l2-observatory.conf
modprobe wireguard 2>/dev/null || log "the kernel has no module 'wireguard': wg-quick looks for wireguard-go"

data_volume_is_mounted || fail "the data volume is not mounted: no key is made on the root disk"
key=$DATA_MOUNT/wireguard/server.key
install --directory --mode=0700 "$(dirname "$key")"
if [ ! -s "$key" ]; then
  (umask 077 && wg genkey >"$key.new")
  mv "$key.new" "$key"
  log "made a key"
fi

[ -e "$wireguard_conf" ] || put "$wireguard_conf" 0600 <<<"[Interface]"$'\n'"ListenPort = $TUNNEL_PORT"
put /etc/wireguard/wg0.conf 0600 <<END
[Interface]
Address = $TUNNEL_ADDRESS/$TUNNEL_PREFIX
# The network card's 9001 would let wg-quick choose a size that does not pass the internet.
MTU = 1420
PostUp = wg set %i private-key $key
PostUp = wg addconf %i $wireguard_conf
END
systemctl daemon-reload
systemctl enable --quiet wg-quick@wg0.service
if [ "$changed" = yes ]; then
  systemctl restart wg-quick@wg0.service
else
  systemctl start wg-quick@wg0.service
fi

systemctl enable --quiet --now l2-observatory-access.timer
systemctl start l2-observatory-access.service
log "$TUNNEL_ADDRESS is up"
