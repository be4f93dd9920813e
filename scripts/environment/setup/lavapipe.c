/*
 * Mesa's lavapipe under SwiftShader's name, for Chromium on machines without a GPU.
 *
 * Chromium gives WebGPU a CPU adapter only if it is the SwiftShader that it brings, which it knows by the
 * vendor and device numbers. Lavapipe computes the same several times faster and has 16-bit floats. This
 * library takes the place of libvk_swiftshader.so in a copy of Chromium (lavapipeChromium.ts): every call goes
 * to lavapipe, and the two numbers in a device's properties are changed on the way back. For tests only.
 *
 * The few declarations it needs are written here, as in Vulkan 1.0's registry, so that no headers have to be
 * installed.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef void (*Function)(void);
typedef Function (*GetInstanceProcAddr)(void *instance, const char *name);

/* The first members of VkPhysicalDeviceProperties. */
struct Properties {
  uint32_t api_version, driver_version, vendor_id, device_id;
};

/* VkPhysicalDeviceProperties2 begins like this. */
struct Properties2 {
  uint32_t structure_type;
  void *next;
  struct Properties properties;
};

typedef void (*GetProperties)(void *physical_device, struct Properties *);
typedef void (*GetProperties2)(void *physical_device, struct Properties2 *);

static GetInstanceProcAddr lavapipe;
static GetProperties lavapipe_properties;
static GetProperties2 lavapipe_properties2;

static void pose_as_swiftshader(struct Properties *properties) {
  properties->vendor_id = 0x1AE0;
  properties->device_id = 0xC0DE;
}

static void properties(void *physical_device, struct Properties *out) {
  lavapipe_properties(physical_device, out);
  pose_as_swiftshader(out);
}

static void properties2(void *physical_device, struct Properties2 *out) {
  lavapipe_properties2(physical_device, out);
  pose_as_swiftshader(&out->properties);
}

/* Lavapipe has no layers, and would otherwise be asked for the loader's. VK_SUCCESS is 0. */
static int32_t no_layers(uint32_t *count, void *layers) {
  (void)layers;
  *count = 0;
  return 0;
}

/* Loads the driver and agrees on the loader interface, as a Vulkan loader would. */
static GetInstanceProcAddr open_lavapipe(void) {
  void *library = dlopen("libvulkan_lvp.so", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "tabtrain: lavapipe cannot be loaded: %s\n", dlerror());
    return NULL;
  }
  int32_t (*negotiate)(uint32_t *) =
      (int32_t(*)(uint32_t *))dlsym(library, "vk_icdNegotiateLoaderICDInterfaceVersion");
  uint32_t version = 5;
  if (negotiate != NULL) negotiate(&version);
  return (GetInstanceProcAddr)dlsym(library, "vk_icdGetInstanceProcAddr");
}

/* The one function that Chromium looks up in the library; it asks this one for all others. */
__attribute__((visibility("default"))) Function vkGetInstanceProcAddr(void *instance, const char *name) {
  if (lavapipe == NULL) lavapipe = open_lavapipe();
  if (lavapipe == NULL) return NULL;
  if (strcmp(name, "vkGetInstanceProcAddr") == 0) return (Function)vkGetInstanceProcAddr;
  if (strcmp(name, "vkEnumerateInstanceLayerProperties") == 0) return (Function)no_layers;
  Function function = lavapipe(instance, name);
  if (function == NULL) return NULL;
  if (strcmp(name, "vkGetPhysicalDeviceProperties") == 0) {
    lavapipe_properties = (GetProperties)function;
    return (Function)properties;
  }
  if (strcmp(name, "vkGetPhysicalDeviceProperties2") == 0 ||
      strcmp(name, "vkGetPhysicalDeviceProperties2KHR") == 0) {
    lavapipe_properties2 = (GetProperties2)function;
    return (Function)properties2;
  }
  return function;
}
