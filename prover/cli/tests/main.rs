//! The program from outside, one module a command.

mod book_again;
mod book_chain;
mod book_check;
mod book_entries;
mod book_folder;
mod book_liar;
mod book_proof;
mod book_reserves;
mod book_run;
mod book_workers;
mod cases;
mod cli_book_queue;
mod cli_demo_chain;
mod cli_evaluate;
mod cli_export;
mod cli_files;
mod cli_generate;
mod cli_identity;
mod cli_proof;
mod cli_vault;
mod common;
mod portfolio;
mod reserves_custody;
mod screen;
mod wrong;
