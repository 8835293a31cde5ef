//! Cells and lines that all tables of reports are made of.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table, TableComponent};

use super::number::grouped;
use super::Screen;

/// The lines of a table on a screen.
pub(super) fn lines(table: &Table, screen: Screen) -> String {
    let mut table = table.clone();
    if screen.plain {
        table.force_no_tty();
    }
    if !fits(&table, screen) {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(screen.width).unwrap_or(u16::MAX));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// Whether no line is wider than the screen, without the escapes of colours.
pub(super) fn fits(table: &Table, screen: Screen) -> bool {
    let mut bare = table.clone();
    bare.force_no_tty();
    let lines = bare.lines().map(|line| line.trim_end().chars().count());
    lines.max() <= Some(screen.width)
}

pub(super) fn table(header: &[impl ToString]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─')
        .set_content_arrangement(ContentArrangement::Disabled);
    let cells = header.iter().enumerate().map(|(at, text)| {
        let cell = Cell::new(text.to_string());
        if at == 0 {
            cell
        } else {
            cell.set_alignment(CellAlignment::Right)
        }
    });
    table.set_header(cells.collect::<Vec<_>>());
    table
}

pub(super) fn number(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Money, red when negative (on a terminal).
pub(super) fn signed(units: i128) -> Cell {
    let cell = number(usd(units));
    if units < 0 {
        cell.fg(Color::Red)
    } else {
        cell
    }
}

pub(super) fn usd(units: i128) -> String {
    grouped(units, 8, 2)
}
