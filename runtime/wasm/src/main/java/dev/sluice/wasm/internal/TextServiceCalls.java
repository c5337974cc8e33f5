package dev.sluice.wasm.internal;

import dev.sluice.wasm.internal.ForeignCalls.ForeignFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Answers {@code sluice.tokens.*} and {@code sluice.embed.*} (plugin-sdk/ABI.md, "Tokens" and
 * "Embeddings").
 */
final class TextServiceCalls {
  private TextServiceCalls() {}

  static void register(Map<String, ForeignFunction> functions) {
    functions.put("sluice.tokens.count", TextServiceCalls::count);
    functions.put("sluice.embed.model", TextServiceCalls::model);
    functions.put("sluice.embed.embed", TextServiceCalls::embed);
  }

  private static int count(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var model = in.string();
    var text = in.string();
    in.finish();
    return vm.answers()
        .<Long>start(
            (services, completion) -> services.tokens().count(model, text, completion),
            WireWriter::u64,
            addressOut,
            sizeOut);
  }

  private static int model(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    in.finish();
    var context = vm.active();
    var services = context == null ? vm.context().services() : context.root().services();
    var embedder = services.embed();
    return new WireWriter(64)
        .string(embedder.model())
        .u32(embedder.dimensions())
        .give(vm, addressOut, sizeOut);
  }

  private static int embed(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    int count = in.count(4);
    var texts = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      texts.add(in.string());
    }
    in.finish();
    return vm.answers()
        .<List<float[]>>start(
            (services, completion) -> services.embed().embed(texts, completion),
            (answer, vectors) -> {
              answer.u32(vectors.size());
              vectors.forEach(answer::floats);
            },
            addressOut,
            sizeOut);
  }
}
