use sluice::{call, Encoder, Error};

const SMALL: [u8; 5] = [0, 1, 127, 128, 255];
const WIDE: [u64; 9] =
    [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, i64::MAX as u64, 1 << 63, u64::MAX];
const FLOATS: [f64; 8] = [0.0, -0.0, 1.5, -1e-310, 1e308, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// Sends values of every type of the encoding through the host and back.
pub fn conform() -> Result<(), String> {
    let long = "x".repeat(70000);
    let texts = ["", "a", "zwölf Boxkämpfer", "\0", "日本語", "🦜🦜", &long];
    for (i, wide) in WIDE.iter().enumerate() {
        match trip(SMALL[i % SMALL.len()], *wide, FLOATS[i % FLOATS.len()], &texts, i) {
            Ok(true) => {}
            other => return Err(format!("round {i}: {other:?}")),
        }
    }
    let whole = || {
        Encoder::new().u8(1).u32(2).u64(3).f64(4.0).blob(&[]).string("ü").u32(1).u32(7).string("x").u8(1)
    };
    let arguments = [whole(), whole().string("y"), whole().string("y").u8(0)];
    for (i, arguments) in arguments.into_iter().enumerate() {
        if call("sluice.host.echo", arguments).is_ok() != (i == 1) {
            return Err(format!("malformed message {i}"));
        }
    }
    Ok(())
}

fn trip(a: u8, c: u64, d: f64, texts: &[&str], elements: usize) -> Result<bool, Error> {
    let text = texts[elements % texts.len()];
    let blob = [0u8, 1, 2, 255].repeat(80);
    let list: Vec<(u32, &str)> = (0..elements).map(|i| (i as u32 * 0x10000001, texts[i % texts.len()])).collect();
    let present = elements % 2 == 1;
    let mut sent = Encoder::new()
        .u8(a)
        .u32(c as u32)
        .u64(c)
        .f64(d)
        .blob(&blob)
        .string(text)
        .list(&list, |encoder, (h, i)| encoder.u32(*h).string(i))
        .u8(present as u8);
    if present {
        sent = sent.string(text);
    }
    let mut back = call("sluice.host.echo", sent)?;
    let mut same = back.u8()? == a && back.u32()? == c as u32 && back.u64()? == c;
    same &= back.f64()?.to_bits() == d.to_bits() && back.blob()? == blob && back.string()? == text;
    let elements = back.list(|back| Ok((back.u32()?, back.string()?)))?;
    same &= elements.iter().map(|(h, i)| (*h, i.as_str())).eq(list.iter().copied());
    same &= back.bool()? == present && (!present || back.string()? == text);
    Ok(same)
}
