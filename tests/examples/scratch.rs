//! scratch
use zkmargin_tests::evm::*;
use zkmargin_verifier::light::LightVerifier;
use zkmargin_verifier::protocol::Protocol;
use zkmargin_verifier::transcript::Encoding;
fn main() {
    for name in ["small", "standard"] {
        let p = Protocol::from_bytes(&std::fs::read(format!("/tmp/fix/{name}.protocol")).unwrap()).unwrap();
        let proof = std::fs::read(format!("/tmp/fix/{name}.proof")).unwrap();
        let rows = std::fs::read(format!("/tmp/fix/{name}.rows")).unwrap();
        let light = LightVerifier::new(p.clone());
        let chain = light.plan().to_chain(&proof).unwrap();
        let words: Vec<[u8;32]> = rows.chunks(32).map(|c| c.try_into().unwrap()).collect();
        let frs: Vec<_> = words.iter().map(|w| zkmargin_verifier::bn254::Fr::from_be_bytes(w).unwrap()).collect();
        light.verify(&frs, &chain, Encoding::Chain).unwrap();
        let c = zkmargin_verifier::solidity::generate(&p, Default::default()).unwrap();
        std::fs::write(format!("/tmp/fix/{}.sol", c.name), &c.source).unwrap();
        let t = std::time::Instant::now();
        let code = compile(&c.name, &c.source);
        println!("{name}: {} lines, runtime {} bytes, compiled in {:?}", c.source.lines().count(), code.runtime.len(), t.elapsed());
        if code.runtime.len() > 24576 { println!("TOO BIG"); }
        let mut evm = Chain::deploy(&code.creation);
        let st: [[u8;32];8] = words.try_into().unwrap();
        let data = call_data(&chain, &st);
        let called = evm.call(&data);
        println!("gas {} output {:?} deploy {}", called.gas, called.output.map(|o| o[31]), evm.deployment_gas);
        let zeros = data.iter().filter(|b| **b==0).count() as u64;
        let calldata = zeros*4 + (data.len() as u64 - zeros)*16;
        let plan = light.plan();
        let vk: usize = plan.sets.iter().flat_map(|s| &s.members).filter(|m| !matches!(m.commitment, zkmargin_verifier::protocol::plan::Commitment::Proof(_)|zkmargin_verifier::protocol::plan::Commitment::Quotient)).count();
        println!("points {} vk {} scalars {} calldata {calldata} sets {}", plan.points, vk, plan.scalars, plan.sets.len());
        let muls = plan.points + vk + 1 - 1; 
        let pre = muls as u64*6400 - 150 + 113100;
        println!("muls {muls} precompiles {pre} rest {}", called.gas - 21000 - calldata - pre);
    }
}
