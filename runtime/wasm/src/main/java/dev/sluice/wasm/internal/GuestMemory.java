package dev.sluice.wasm.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import run.endive.runtime.ConstantEvaluators;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.WasmRuntimeException;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.types.ActiveDataSegment;
import run.endive.wasm.types.DataSegment;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.PassiveDataSegment;

/**
 * Is the linear memory of a guest: one byte array of exactly its size.
 *
 * <p>The array's own bounds check is the guest's, and host functions copy straight from and into
 * it. The price is a copy when memory grows, which guests do rarely and in large steps. Belongs to
 * the thread of its VM; never shared (modules that ask for shared memory are refused).
 */
final class GuestMemory implements Memory {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle FLOAT =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle DOUBLE =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

  private final int initialPages;
  private final int maximumPages;
  private byte[] bytes;
  private DataSegment[] segments = new DataSegment[0];
  private boolean refusedGrowth;

  /**
   * Creates memory of the initial size.
   *
   * @param limits what the module declares
   * @param limitPages what the plugin may have
   */
  GuestMemory(MemoryLimits limits, int limitPages) {
    initialPages = limits.initialPages();
    maximumPages = Math.min(Math.min(limits.maximumPages(), limitPages), RUNTIME_MAX_PAGES);
    bytes = new byte[initialPages * PAGE_SIZE];
  }

  /** Returns memory without a page. */
  static GuestMemory none() {
    return new GuestMemory(new MemoryLimits(0, 0), 0);
  }

  /** Returns the array that holds the memory now; growing replaces it. */
  byte[] bytes() {
    return bytes;
  }

  /** Returns whether a range given by unsigned address and length lies within memory. */
  boolean has(int address, int length) {
    return Integer.toUnsignedLong(address) + Integer.toUnsignedLong(length) <= bytes.length;
  }

  /** Returns a copy of a range that {@link #has} accepted. */
  byte[] copyOf(int address, int length) {
    return Arrays.copyOfRange(bytes, address, address + length);
  }

  /** Writes a 32-bit value and returns whether the address was within memory. */
  boolean put32(int address, int value) {
    if (!has(address, 4)) {
      return false;
    }
    INT.set(bytes, address, value);
    return true;
  }

  /** Writes a 64-bit value and returns whether the address was within memory. */
  boolean put64(int address, long value) {
    if (!has(address, 8)) {
      return false;
    }
    LONG.set(bytes, address, value);
    return true;
  }

  /** Returns the little-endian 32-bit value at an index of an array. */
  static int get32(byte[] array, int index) {
    return (int) INT.get(array, index);
  }

  /** Returns the little-endian 64-bit value at an index of an array. */
  static long get64(byte[] array, int index) {
    return (long) LONG.get(array, index);
  }

  /** Writes a little-endian 32-bit value at an index of an array. */
  static void set32(byte[] array, int index, int value) {
    INT.set(array, index, value);
  }

  /** Writes a little-endian 64-bit value at an index of an array. */
  static void set64(byte[] array, int index, long value) {
    LONG.set(array, index, value);
  }

  /** Returns whether growth was refused in this call: tells a limit from a plain trap. */
  boolean refusedGrowth() {
    return refusedGrowth;
  }

  /** Begins a call. */
  void forgetRefusedGrowth() {
    refusedGrowth = false;
  }

  @Override
  public int pages() {
    return bytes.length / PAGE_SIZE;
  }

  @Override
  public int grow(int delta) {
    int pages = pages();
    long wanted = pages + Integer.toUnsignedLong(delta);
    if (wanted > maximumPages) {
      refusedGrowth = true;
      return -1;
    }
    if (delta != 0) {
      try {
        bytes = Arrays.copyOf(bytes, (int) wanted * PAGE_SIZE);
      } catch (OutOfMemoryError e) {
        refusedGrowth = true;
        return -1;
      }
    }
    return pages;
  }

  @Override
  public int initialPages() {
    return initialPages;
  }

  @Override
  public int maximumPages() {
    return maximumPages;
  }

  @Override
  public boolean shared() {
    return false;
  }

  @Override
  @SuppressWarnings("removal")
  public Object lock(int address) {
    return this;
  }

  @Override
  @SuppressWarnings("removal")
  public int waitOn(int address, int expected, long timeout) {
    throw new WasmRuntimeException("expected shared memory");
  }

  @Override
  @SuppressWarnings("removal")
  public int waitOn(int address, long expected, long timeout) {
    throw new WasmRuntimeException("expected shared memory");
  }

  @Override
  @SuppressWarnings("removal")
  public int notify(int address, int maxThreads) {
    return 0;
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments) {
    initialize(instance, dataSegments, 0);
  }

  @Override
  public void initialize(Instance instance, DataSegment[] dataSegments, int memoryIndex) {
    // A copy: dropping a segment in one VM must not drop it in the others of the module.
    segments = dataSegments.clone();
    for (DataSegment segment : segments) {
      if (segment instanceof ActiveDataSegment active) {
        byte[] data = active.data();
        int offset =
            (int) ConstantEvaluators.computeConstantValue(instance, active.offsetInstructions())[0];
        if (!has(offset, data.length)) {
          throw new UninstantiableException(
              "data segment at " + Integer.toUnsignedLong(offset) + " is outside memory");
        }
        System.arraycopy(data, 0, bytes, offset, data.length);
      }
    }
  }

  @Override
  public void initPassiveSegment(int segment, int destination, int offset, int size) {
    write(destination, segments[segment].data(), offset, size);
  }

  @Override
  public void drop(int segment) {
    segments[segment] = PassiveDataSegment.EMPTY;
  }

  @Override
  public void write(int address, byte[] data, int offset, int size) {
    if (!has(address, size) || (offset | size) < 0 || offset > data.length - size) {
      throw outOfBounds(address, size);
    }
    System.arraycopy(data, offset, bytes, address, size);
  }

  @Override
  public byte[] readBytes(int address, int length) {
    if (!has(address, length)) {
      throw outOfBounds(address, length);
    }
    return copyOf(address, length);
  }

  @Override
  public void copy(int destination, int source, int size) {
    if (!has(destination, size) || !has(source, size)) {
      throw outOfBounds(destination, size);
    }
    System.arraycopy(bytes, source, bytes, destination, size);
  }

  @Override
  public void fill(byte value, int from, int to) {
    // "to" is from + size and wraps when the guest asks for nonsense.
    if (from < 0 || to < from || to > bytes.length) {
      throw outOfBounds(from, to - from);
    }
    Arrays.fill(bytes, from, to, value);
  }

  @Override
  public void zero() {
    // Called once, on a fresh array.
  }

  @Override
  public byte read(int address) {
    try {
      return bytes[address];
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 1);
    }
  }

  @Override
  public int readInt(int address) {
    try {
      return (int) INT.get(bytes, address);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 4);
    }
  }

  @Override
  public long readLong(int address) {
    try {
      return (long) LONG.get(bytes, address);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 8);
    }
  }

  @Override
  public short readShort(int address) {
    try {
      return (short) SHORT.get(bytes, address);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 2);
    }
  }

  @Override
  public long readU16(int address) {
    return readShort(address) & 0xFFFFL;
  }

  @Override
  public float readFloat(int address) {
    try {
      return (float) FLOAT.get(bytes, address);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 4);
    }
  }

  @Override
  public long readF32(int address) {
    return readInt(address);
  }

  @Override
  public double readDouble(int address) {
    try {
      return (double) DOUBLE.get(bytes, address);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 8);
    }
  }

  @Override
  public long readF64(int address) {
    return readLong(address);
  }

  @Override
  public void writeByte(int address, byte value) {
    try {
      bytes[address] = value;
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 1);
    }
  }

  @Override
  public void writeShort(int address, short value) {
    try {
      SHORT.set(bytes, address, value);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 2);
    }
  }

  @Override
  public void writeI32(int address, int value) {
    try {
      INT.set(bytes, address, value);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 4);
    }
  }

  @Override
  public void writeLong(int address, long value) {
    try {
      LONG.set(bytes, address, value);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 8);
    }
  }

  @Override
  public void writeF32(int address, float value) {
    try {
      FLOAT.set(bytes, address, value);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 4);
    }
  }

  @Override
  public void writeF64(int address, double value) {
    try {
      DOUBLE.set(bytes, address, value);
    } catch (IndexOutOfBoundsException e) {
      throw outOfBounds(address, 8);
    }
  }

  private WasmRuntimeException outOfBounds(int address, int size) {
    return new WasmRuntimeException(
        "out of bounds memory access: "
            + size
            + " bytes at address "
            + Integer.toUnsignedLong(address)
            + " of "
            + bytes.length);
  }
}
