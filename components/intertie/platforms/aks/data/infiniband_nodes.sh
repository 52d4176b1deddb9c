# What machines with InfiniBand need beside their drivers, run in a container that sees the machine's processes.
on_machine() { nsenter -t 1 -m -u -i -n -- "$@"; }
set -e

# Cards write into memory that stays where it is. Containers inherit from containerd how much they may pin, and that is
# next to nothing; a capability helps root alone. A restart leaves running containers as they are.
pid=$(on_machine systemctl show containerd -p MainPID --value)
if ! grep -q '^Max locked memory  *unlimited' "/proc/$pid/limits"; then
  on_machine mkdir -p /etc/systemd/system/containerd.service.d
  on_machine sh -c 'printf "[Service]\nLimitMEMLOCK=infinity\n" > /etc/systemd/system/containerd.service.d/memlock.conf'
  on_machine systemctl daemon-reload
  on_machine systemctl restart containerd
fi

# By this module cards reach the memory of accelerators. It needs both drivers, which come in any order, and goes when
# one of them is renewed: so it is loaded again and again.
while true; do
  on_machine modprobe nvidia-peermem || echo 'nvidia-peermem cannot be loaded yet'
  sleep 30
done
