//! What only the inside can see of the embedded table: that all of it is read.

use super::matcher::{Clause, Pattern};
use super::moment::Constraint;
use super::table::Rate;
use super::*;

fn patterns(table: &PriceTable) -> Vec<&Pattern> {
    let mut out = Vec::new();
    for provider in &table.providers {
        out.extend(&provider.api);
        let clauses = provider.model_match.iter().chain(&provider.provider_match);
        out.extend(clauses.flat_map(Clause::patterns));
        out.extend(provider.models.iter().flat_map(|model| model.clause.patterns()));
    }
    out
}

#[test]
fn every_pattern_of_the_table_compiles() {
    let table = PriceTable::embedded();
    let mut patterns = patterns(&table);
    patterns.sort_by_key(|pattern| pattern.text());
    patterns.dedup_by_key(|pattern| pattern.text());
    let fail: Vec<_> = patterns.iter().filter(|pattern| !pattern.compiles()).map(|p| p.text()).collect();
    assert_eq!(fail, [] as [&str; 0]);
    let ahead: Vec<_> = patterns.iter().map(|p| p.text()).filter(|text| text.contains("(?!")).collect();
    assert_eq!(ahead.len(), 2, "{ahead:?}");
    assert!(patterns.len() > 100);
}

#[test]
fn every_price_of_the_table_is_read() {
    let text = include_str!("../../data/prices.json");
    let table = PriceTable::embedded();
    let models = || table.providers.iter().flat_map(|provider| &provider.models);
    // Each model is one line of the file.
    let lines = text.lines().filter(|line| line.contains("\"match\":")).count();
    assert_eq!(table.model_count(), lines);
    assert_eq!(table.providers.len(), text.matches("\"models\":[").count());
    let prices = || {
        let standard = models().flat_map(|model| model.prices.iter().map(|one| &one.prices));
        standard.chain(models().flat_map(|model| model.variants.iter().map(|one| &one.prices)))
    };
    let rates = || prices().flatten();
    let count = |pattern: &str| text.matches(pattern).count();
    assert_eq!(rates().filter(|(_, rate)| matches!(rate, Rate::Tiered { .. })).count(), count("{\"base\":"));
    for unit in Unit::ALL {
        let read = rates().filter(|(priced, _)| *priced == unit).count();
        assert_eq!(read, count(&format!("\"{}\":", unit.price_key())), "{}", unit.price_key());
    }
    let constraints = || {
        let standard = models().flat_map(|model| model.prices.iter().filter_map(|one| one.constraint));
        standard.chain(models().flat_map(|model| model.variants.iter().filter_map(|one| one.constraint)))
    };
    let dates = constraints().filter(|one| matches!(one, Constraint::From(_))).count();
    assert_eq!(dates, count("\"type\":\"start_date\""));
    assert_eq!(constraints().count() - dates, count("\"type\":\"time_of_date\""));
}

/// A price that has an overlapping one must have one of the overlap too, else audio that was cached has no price.
#[test]
fn overlapping_prices_of_the_table_have_a_price_of_the_overlap() {
    for provider in &PriceTable::embedded().providers {
        for model in &provider.models {
            for prices in model.prices.iter().map(|one| &one.prices) {
                let priced = |wanted: Unit| prices.iter().any(|(unit, _)| *unit == wanted);
                for (first, _) in prices {
                    for (second, _) in prices {
                        let (first, second) = (first.dimensions(), second.dimensions());
                        if let Some(both) = first.meet(second) {
                            let both = Unit::of_dimensions(both).unwrap();
                            assert!(priced(both), "{} {} {}", provider.id, model.id, both.name());
                        }
                    }
                }
            }
        }
    }
}
