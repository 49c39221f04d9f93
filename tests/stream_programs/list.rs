//! The programs, by module.

/// Calls a macro with them.
macro_rules! with_programs {
    ($then:ident) => {
        $then! {
            limits:
                a_full_buffer_pauses a_request_in_pieces an_end_too_early lines_with_async_for read_to_the_end
                readline_over_the_limit reads_of_nothing readuntil_over_the_limit several_separators;
            ends:
                an_abort both_sides_end drain_after_the_loss half_close the_last_writer_is_dropped writing_after_the_end;
            cancelled:
                a_cancelled_read a_group_fails a_second_reader a_timeout_around_a_read cancelled_as_it_arrives
                first_completed gathered_reads wait_for_a_read;
            servers:
                a_closed_server_refuses a_handler_fails a_handler_is_cancelled a_relay a_server_waits_for_its_clients
                abort_clients an_echo_server close_clients serve_forever_cancelled;
            breaks:
                closed_with_unread_bytes reading_after_a_reset writing_to_a_closed_peer;
            order:
                calls_beside_streams ping_pong the_order_of_arrival the_order_of_busy_streams three_chats
                written_just_before_it_is_read;
            full:
                a_proxy a_slow_reader a_small_limit_against_a_large_stream a_timeout_around_a_drain
                aborted_before_it_is_flushed both_ways_at_once closed_before_it_is_flushed other_limits
                several_wait_in_drain the_end_after_all_bytes the_peer_closes_while_it_drains
                writelines_against_a_full_socket;
        }
    };
}
pub(crate) use with_programs;
