package dev.sluice.wasm.internal;

/**
 * Hands results to a guest: allocates in its memory, copies, and writes address and size where the
 * guest said. An empty result is address 0 and size 0.
 */
final class OutParameters {
  private OutParameters() {}

  /** Hands over bytes. */
  static int give(GuestVm vm, byte[] bytes, int addressOut, int sizeOut) {
    return give(vm, bytes, 0, bytes.length, addressOut, sizeOut);
  }

  /** Hands over a range of an array. */
  static int give(GuestVm vm, byte[] bytes, int offset, int length, int addressOut, int sizeOut) {
    if (areOutside(vm, addressOut, sizeOut)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    int address = 0;
    if (length > 0) {
      address = vm.allocate(length);
      if (address == 0) {
        return AbiStatus.INVALID_MEMORY_ACCESS;
      }
      System.arraycopy(bytes, offset, vm.memory().bytes(), address, length);
    }
    return write(vm, address, length, addressOut, sizeOut);
  }

  /** Hands over the octets of a header value. */
  @SuppressWarnings("deprecation") // the low byte of each character is what a header value is
  static int give(GuestVm vm, String text, int addressOut, int sizeOut) {
    if (areOutside(vm, addressOut, sizeOut)) {
      return AbiStatus.INVALID_MEMORY_ACCESS;
    }
    int address = 0;
    if (!text.isEmpty()) {
      address = vm.allocate(text.length());
      if (address == 0) {
        return AbiStatus.INVALID_MEMORY_ACCESS;
      }
      text.getBytes(0, text.length(), vm.memory().bytes(), address);
    }
    return write(vm, address, text.length(), addressOut, sizeOut);
  }

  /** Returns whether one of the out-parameters is outside of memory. */
  static boolean areOutside(GuestVm vm, int addressOut, int sizeOut) {
    return !vm.memory().has(addressOut, 4) || !vm.memory().has(sizeOut, 4);
  }

  /** Writes out-parameters that are within memory. */
  static int write(GuestVm vm, int address, int size, int addressOut, int sizeOut) {
    vm.memory().put32(addressOut, address);
    vm.memory().put32(sizeOut, size);
    return AbiStatus.OK;
  }
}
