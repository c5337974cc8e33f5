package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.PluginException.Kind;
import java.util.ArrayList;
import run.endive.runtime.HostFunction;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.runtime.TableInstance;
import run.endive.runtime.WasmFunctionHandle;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;

/** Makes the instance of a VM: memory, tables and imports under the VM's limits. */
final class GuestInstance {
  private static final int MAX_TABLE = 1_000_000;

  private GuestInstance() {}

  /**
   * Is an import of one VM.
   *
   * <p>The first calls make sure of some stack, see {@link StackReserve}; later ones find their
   * classes initialized and are short.
   */
  private static final class Import implements WasmFunctionHandle {
    /** The results of host calls, one array per status, which callers only read. */
    private static final long[][] RESULTS = new long[128][1];

    static {
      for (int i = 0; i < RESULTS.length; i++) {
        RESULTS[i][0] = i;
      }
    }

    private final GuestVm vm;
    private final HostCall call;
    private int cold = 200;

    Import(GuestVm vm, HostCall call) {
      this.vm = vm;
      this.call = call;
    }

    @Override
    public long[] apply(Instance instance, long... arguments) {
      if (cold > 0) {
        cold--;
        StackReserve.check();
      }
      return RESULTS[call.call(vm, arguments)];
    }
  }

  /** Makes the instance and runs {@code _initialize} and {@code main}, or {@code _start}. */
  static void start(GuestModule module, GuestVm vm) {
    long memoryLimit = vm.context().limits().memory();
    int limitPages = (int) Math.min(memoryLimit / Memory.PAGE_SIZE, Memory.RUNTIME_MAX_PAGES);
    long needed = (long) module.memory().initialPages() * Memory.PAGE_SIZE;
    if (needed > memoryLimit) {
      throw new PluginException(
          Kind.LIMIT,
          vm.context().plugin()
              + ": the module needs "
              + needed
              + " bytes of memory (expected: at most limits.memory, "
              + memoryLimit
              + ")");
    }
    Instance instance =
        Instance.builder(module.module())
            .withMemoryFactory(
                limits -> {
                  var memory = new GuestMemory(limits, limitPages);
                  vm.attach(memory);
                  return memory;
                })
            .withTableFactory(GuestInstance::table)
            .withImportValues(imports(module, vm))
            .withMachineFactory(
                made -> {
                  Machine machine = module.newMachine(made);
                  vm.attach(machine);
                  return machine;
                })
            .withStart(false)
            .build();
    Machine machine = instance.getMachine();
    int initialize = module.function("_initialize");
    if (initialize >= 0) {
      machine.call(initialize, new long[0]);
      int main = module.function("main");
      if (main >= 0) {
        machine.call(main, new long[2]);
      }
    } else {
      runStart(machine, module.function("_start"));
    }
  }

  private static void runStart(Machine machine, int start) {
    if (start >= 0) {
      try {
        machine.call(start, new long[0]);
      } catch (GuestExit e) {
        if (e.code() != 0) {
          throw e;
        }
      }
    }
  }

  /** Copies the limits, which Endive changes when a table grows: they belong to this instance. */
  private static TableInstance table(Table declared, int initial) {
    var limits =
        new TableLimits(declared.limits().min(), Math.min(declared.limits().max(), MAX_TABLE));
    return new TableInstance(
        new Table(declared.elementType(), limits, declared.initialize()), initial);
  }

  private static ImportValues imports(GuestModule module, GuestVm vm) {
    var functions = new ArrayList<ImportFunction>();
    for (var wanted : module.imports()) {
      functions.add(
          new HostFunction(
              wanted.module(), wanted.name(), wanted.type(), new Import(vm, wanted.call())));
    }
    return ImportValues.builder().withFunctions(functions).build();
  }
}
