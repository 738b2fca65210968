#!/bin/bash
# The tunnel. Its private key is made here, stays on the data volume, and so outlives the instance.
. "$(dirname "$0")/common.sh"

case $OPERATING_SYSTEM in
  debian-12) install_packages wireguard-tools iproute2 awscli ;;
  *) install_packages wireguard-tools iproute awscli-2 ;;
esac

data_volume_is_mounted || fail "the data volume is not mounted: no key is made on the root disk"
key=$DATA_MOUNT/wireguard/server.key
install --directory --mode=0700 "$(dirname "$key")"
if [ ! -s "$key" ]; then
  (umask 077 && wg genkey >"$key.new")
  mv "$key.new" "$key"
  log "made a key"
fi

[ -e /etc/l2-observatory/peers.conf ] || install --mode=0600 /dev/null /etc/l2-observatory/peers.conf
put /etc/wireguard/wg0.conf 0600 <<END
[Interface]
Address = $TUNNEL_ADDRESS/$TUNNEL_PREFIX
ListenPort = $TUNNEL_PORT
# The network card's 9001 would let wg-quick choose a size that does not pass the internet.
MTU = 1420
PostUp = wg set %i private-key $key
PostUp = wg addconf %i /etc/l2-observatory/peers.conf
END
systemctl enable --quiet wg-quick@wg0.service
if [ "$changed" = yes ]; then
  systemctl restart wg-quick@wg0.service
else
  systemctl start wg-quick@wg0.service
fi

public=$(wg pubkey <"$key")
published() {
  aws ssm get-parameter --region "$REGION" --name "$PUBLIC_KEY_PARAMETER" \
    --query Parameter.Value --output text 2>/dev/null
}
publish() {
  aws ssm put-parameter --region "$REGION" --name "$PUBLIC_KEY_PARAMETER" \
    --type String --overwrite --value "$public" >/dev/null
}
if [ "$(published || true)" = "$public" ]; then
  log "the public key is published"
else
  retry 10 publish || fail "cannot write $PUBLIC_KEY_PARAMETER"
  log "published the public key $public"
fi

systemctl enable --quiet --now l2-observatory-peers.timer
systemctl start l2-observatory-peers.service
log "$TUNNEL_ADDRESS is up"
