use metrion_exposition::parse::*;
fn main(){let a:Vec<_>=std::env::args().collect();let p=std::fs::read(&a[1]).unwrap();let n:usize=a[3].parse().unwrap();
for _ in 0..n{match a[2].as_str(){"of"=>{std::hint::black_box(parse_openmetrics(&p).unwrap());},"tf"=>{std::hint::black_box(parse_text(&p).unwrap());},"oe"=>{std::hint::black_box(OpenMetricsParser::new(&p).count());},_=>{std::hint::black_box(TextParser::new(&p).count());}}}}
