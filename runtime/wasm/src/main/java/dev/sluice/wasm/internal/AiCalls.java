package dev.sluice.wasm.internal;

import dev.sluice.plugin.ai.AiExchange;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.wasm.internal.ForeignCalls.ForeignFunction;
import dev.sluice.wasm.internal.ForeignCalls.LimitReached;
import java.util.Map;
import java.util.function.Consumer;

/** Answers {@code sluice.ai.*} (plugin-sdk/ABI.md, "LLM calls"). */
final class AiCalls {
  private AiCalls() {}

  static void register(Map<String, ForeignFunction> functions) {
    functions.put("sluice.ai.enabled", AiCalls::enabled);
    functions.put("sluice.ai.request", AiCalls::request);
    functions.put("sluice.ai.replace", AiCalls::replace);
    functions.put("sluice.ai.append", AiCalls::append);
    functions.put("sluice.ai.setModel", AiCalls::setModel);
    functions.put("sluice.ai.replaceEvent", AiCalls::replaceEvent);
    functions.put("sluice.ai.emit", AiCalls::emit);
    functions.put("sluice.ai.refuse", AiCalls::refuse);
    functions.put("sluice.ai.answer", AiCalls::answer);
  }

  private static int enabled(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    new WireReader(vm.memory().bytes(), arguments, size).finish();
    var active = vm.active();
    var stream = active == null ? null : active.stream();
    boolean there = stream != null && stream.exchange().ai() != null;
    return new WireWriter(2).u8(there ? 1 : 0).give(vm, addressOut, sizeOut);
  }

  private static int request(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    new WireReader(vm.memory().bytes(), arguments, size).finish();
    return AiMessages.request(asked(vm)).give(vm, addressOut, sizeOut);
  }

  private static int replace(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int index = in.u32();
    var text = in.string();
    in.finish();
    var request = asked(vm);
    var segments = request.segments();
    if (index < 0 || index >= segments.size()) {
      throw new WireReader.Malformed(
          "segment "
              + Integer.toUnsignedString(index)
              + " (expected: below "
              + segments.size()
              + ")");
    }
    return edit(vm, addressOut, sizeOut, () -> request.replace(segments.get(index), text));
  }

  private static int append(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var role = AiMessages.role(in);
    var text = in.string();
    in.finish();
    var request = asked(vm);
    return edit(vm, addressOut, sizeOut, () -> request.appendMessage(role, text));
  }

  private static int setModel(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var model = in.string();
    in.finish();
    var request = asked(vm);
    return edit(vm, addressOut, sizeOut, () -> request.setModel(model));
  }

  private static int replaceEvent(
      GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var events = AiMessages.events(in);
    in.finish();
    var ai = exchange(vm);
    return edit(vm, addressOut, sizeOut, () -> ai.replaceEvent(events));
  }

  private static int emit(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var events = AiMessages.events(in);
    in.finish();
    var ai = exchange(vm);
    return edit(vm, addressOut, sizeOut, () -> ai.emit(events));
  }

  private static int refuse(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int status = in.u32();
    var code = in.string();
    var message = in.string();
    in.finish();
    if (status < 200 || status > 599) {
      throw new WireReader.Malformed(
          "status " + Integer.toUnsignedString(status) + " (expected: 200..599)");
    }
    return later(vm, addressOut, sizeOut, ai -> ai.refuse(status, code, message));
  }

  private static int answer(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var events = AiMessages.events(in);
    in.finish();
    return later(vm, addressOut, sizeOut, ai -> ai.answer(events));
  }

  private static int later(
      GuestVm vm, int addressOut, int sizeOut, Consumer<AiExchange> answering) {
    var ai = exchange(vm);
    var active = vm.active();
    var stream = active == null ? null : active.stream();
    if (stream != null) {
      stream.answer(() -> answering.accept(ai));
    }
    return new WireWriter(1).give(vm, addressOut, sizeOut);
  }

  private static int edit(GuestVm vm, int addressOut, int sizeOut, Runnable edit) {
    try {
      edit.run();
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new WireReader.Malformed(String.valueOf(e.getMessage()));
    }
    return new WireWriter(1).give(vm, addressOut, sizeOut);
  }

  private static AiRequest asked(GuestVm vm) {
    var request = exchange(vm).request();
    if (request == null) {
      throw new WireReader.Malformed("the request has not been read yet");
    }
    return request;
  }

  private static AiExchange exchange(GuestVm vm) {
    var active = vm.active();
    var stream = active == null ? null : active.stream();
    if (stream == null) {
      throw new WireReader.Malformed("there is no exchange here");
    }
    var ai = stream.exchange().ai();
    if (ai == null) {
      throw new LimitReached("the route speaks no LLM protocol");
    }
    return ai;
  }
}
