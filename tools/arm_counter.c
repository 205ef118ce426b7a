/* Counts the instructions of an emulated process: a plugin for qemu-user 7.2.

   Every block of translated code adds its number of instructions to one counter. Whenever the
   process asks for a session id (getsid, which nothing else here does) the counter is written to
   QEMU's log as one line, "mark N". So the process marks the intervals to be counted by itself.
   Debian ships no header for plugins; the few declarations below are the interface that is used.
   Next: arm_verdicts.py, which sets the marks. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPORTED __attribute__((visibility("default")))
#define GETSID 156 /* the number of the system call on 64-bit ARM */
#define ADD_TO_UINT64 0

struct qemu_plugin_tb; /* a block of translated code */
typedef void on_block(uint64_t id, struct qemu_plugin_tb *block);
typedef void on_call(uint64_t id, unsigned cpu, int64_t number, uint64_t, uint64_t, uint64_t,
                     uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, on_block *handler);
void qemu_plugin_register_vcpu_syscall_cb(uint64_t id, on_call *handler);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation,
                                              void *counter, uint64_t operand);
void qemu_plugin_outs(const char *text);

EXPORTED int qemu_plugin_version = 1;

static uint64_t executed;

static void count_block(uint64_t id, struct qemu_plugin_tb *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_TO_UINT64, &executed,
                                           qemu_plugin_tb_n_insns(block));
}

static void mark(uint64_t id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c,
                 uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  (void)id, (void)cpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  if (number == GETSID) {
    char line[40];
    snprintf(line, sizeof line, "mark %" PRIu64 "\n", executed);
    qemu_plugin_outs(line);
  }
}

EXPORTED int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments) {
  (void)info, (void)count, (void)arguments;
  qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
  qemu_plugin_register_vcpu_syscall_cb(id, mark);
  return 0;
}
