#!/bin/sh
# Runs the benchmarks with the Node and the Dawn that lie beside this file:
#   ./run.sh step | conv | memory | augment [--model NAME] [--batch N] [--size PX] [--steps N] [--with jax-js] [--json]
# Needs glibc 2.28 or later and a Vulkan driver; VK_DRIVER_FILES names one by its JSON file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

# Where there is no Vulkan loader, the one that came along is taken.
if ! ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; then
  export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib"
fi

# Containers often have NVIDIA's driver where the loader does not look.
mounted=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && [ -e "$mounted" ] &&
  ! ls /usr/share/vulkan/icd.d/nvidia*.json /etc/vulkan/icd.d/nvidia*.json >/dev/null 2>&1; then
  export VK_DRIVER_FILES="$mounted" VK_ICD_FILENAMES="$mounted"
fi

exec "$here/node" "$here/bench.js" "$@"
