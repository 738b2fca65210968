#!/bin/bash
# The user over whom services are deployed: Docker over SSH, on the tunnel's address only. Who may use Docker can become
# root: the keys are those of people who may. SSH's own key stays on the data volume, as the tunnel's does.
. "$(dirname "$0")/common.sh"

case $OPERATING_SYSTEM in
  debian-12) service=ssh ;;
  *) service=sshd ;;
esac
install_packages openssh-server

data_volume_is_mounted || fail "the data volume is not mounted: no key is made on the root disk"
key=$DATA_MOUNT/ssh/ssh_host_ed25519_key
install --directory --mode=0700 "$(dirname "$key")"
if [ ! -s "$key" ]; then
  rm -f "$key.new" "$key.new.pub"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$key.new"
  mv "$key.new.pub" "$key.pub"
  mv "$key.new" "$key"
  log "made a key"
fi

id deploy >/dev/null 2>&1 || useradd --create-home --shell /bin/bash deploy
# No password can be right, and the account is not locked: keys must be able to enter.
usermod --password '*' --append --groups docker deploy
[ -e "$authorized_keys" ] || put "$authorized_keys" 0644 </dev/null

put "/etc/systemd/system/$service.service.d/l2-observatory.conf" 0644 <<END
[Unit]
RequiresMountsFor=$DATA_MOUNT
END
unit_changed=$changed
put /etc/ssh/sshd_config.d/10-l2-observatory.conf 0644 <<END
ListenAddress $TUNNEL_ADDRESS
HostKey $key
AllowUsers deploy
AuthorizedKeysFile $authorized_keys
# No other source of keys, such as EC2 Instance Connect.
AuthorizedKeysCommand none
AuthenticationMethods publickey
PermitRootLogin no
X11Forwarding no
# A deployment opens many sessions at once.
MaxSessions 30
MaxStartups 30:30:100
END
mkdir -p /run/sshd
sshd -t
effective=$(sshd -T) # not a pipe: grep --quiet ends early, and sshd would fail with a broken one
grep --quiet --line-regexp "listenaddress $TUNNEL_ADDRESS:22" <<<"$effective" || fail "sshd does not read sshd_config.d"
systemctl daemon-reload
systemctl enable --quiet "$service.service"
if [ "$changed" = yes ] || [ "$unit_changed" = yes ]; then
  systemctl restart "$service.service"
else
  systemctl start "$service.service"
fi

# Publishes the key, too.
systemctl start l2-observatory-access.service
log "SSH listens on $TUNNEL_ADDRESS"
