// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/entry_block.h"

#include <capstone/capstone.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "userspace/resolve/disassembler.h"

namespace scopetrace {
namespace {

constexpr std::size_t kRegisters = 16;  // rax … r15

// The 64-bit general register that a register is part of, or nothing.
std::optional<std::size_t> register_index(unsigned reg) {
  static constexpr std::array<std::array<unsigned, 5>, kRegisters> kNames{{
      {X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH},
      {X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH},
      {X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH},
      {X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH},
      {X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL, X86_REG_INVALID},
      {X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL, X86_REG_INVALID},
      {X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL, X86_REG_INVALID},
      {X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL, X86_REG_INVALID},
      {X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B, X86_REG_INVALID},
      {X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B, X86_REG_INVALID},
      {X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B, X86_REG_INVALID},
      {X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B, X86_REG_INVALID},
      {X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B, X86_REG_INVALID},
      {X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B, X86_REG_INVALID},
      {X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B, X86_REG_INVALID},
      {X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B, X86_REG_INVALID},
  }};
  if (reg == X86_REG_INVALID) return std::nullopt;
  for (std::size_t i = 0; i < kRegisters; ++i) {
    for (const unsigned name : kNames[i]) {
      if (name == reg) return i;
    }
  }
  return std::nullopt;
}

constexpr std::size_t kRcx = 2, kRdx = 3, kRsi = 4, kRdi = 5, kRsp = 6, kRbp = 7, kR8 = 8;

bool is_64_bit(unsigned reg) {
  return (reg >= X86_REG_R8 && reg <= X86_REG_R15) || reg == X86_REG_RAX || reg == X86_REG_RBX ||
         reg == X86_REG_RCX || reg == X86_REG_RDX || reg == X86_REG_RSI || reg == X86_REG_RDI ||
         reg == X86_REG_RSP || reg == X86_REG_RBP;
}

// What each register holds, as far as an argument's way to the call can be followed.
class RegisterState {
 public:
  RegisterState() {
    values_.fill(ArgumentValue::kOther);
    values_[kRdi] = ArgumentValue::kArgument1;
    values_[kRsi] = ArgumentValue::kArgument2;
    values_[kRdx] = ArgumentValue::kArgument3;
    values_[kRcx] = ArgumentValue::kArgument4;
    values_[kRsp] = ArgumentValue::kStack;
  }

  ArgumentValue at(std::size_t index) const { return values_[index]; }

  void step(csh handle, const cs_insn& instruction) {
    const std::optional<ArgumentValue> moved = moved_value(instruction);
    forget_written(handle, instruction);
    if (!moved) return;
    const auto target = register_index(instruction.detail->x86.operands[0].reg);
    if (target) values_[*target] = *moved;
  }

 private:
  // The value that a move or lea puts into its first operand, if it can be followed.
  std::optional<ArgumentValue> moved_value(const cs_insn& instruction) const {
    const cs_x86& x86 = instruction.detail->x86;
    if (x86.op_count != 2 || x86.operands[0].type != X86_OP_REG) return std::nullopt;
    const cs_x86_op& from = x86.operands[1];
    if (instruction.id == X86_INS_LEA) return lea_value(from);
    if (from.type != X86_OP_REG) return std::nullopt;
    const auto source = register_index(from.reg);
    if (!source) return std::nullopt;
    if (instruction.id == X86_INS_MOV && is_64_bit(from.reg)) return values_[*source];
    // The length argument is an int: widening it keeps its value.
    const bool is_widening = instruction.id == X86_INS_MOVSXD || instruction.id == X86_INS_MOV;
    if (is_widening && from.size == 4 && values_[*source] == ArgumentValue::kArgument3) {
      return ArgumentValue::kArgument3;
    }
    return std::nullopt;
  }

  std::optional<ArgumentValue> lea_value(const cs_x86_op& from) const {
    const auto base = register_index(from.mem.base);
    const bool is_frame =
        base && (*base == kRsp || *base == kRbp) && values_[*base] == ArgumentValue::kStack;
    if (!is_frame || from.mem.index != X86_REG_INVALID) return std::nullopt;
    return ArgumentValue::kStack;
  }

  void forget_written(csh handle, const cs_insn& instruction) {
    cs_regs read;
    cs_regs written;
    std::uint8_t read_count = 0;
    std::uint8_t written_count = 0;
    if (cs_regs_access(handle, &instruction, read, &read_count, written, &written_count) != 0) {
      values_.fill(ArgumentValue::kOther);
      return;
    }
    for (std::uint8_t i = 0; i < written_count; ++i) {
      const auto index = register_index(written[i]);
      if (index && *index != kRsp) values_[*index] = ArgumentValue::kOther;
    }
  }

  std::array<ArgumentValue, kRegisters> values_;
};

std::uint8_t byte_at(Bytes code, std::size_t index) {
  return index < code.size() ? std::to_integer<std::uint8_t>(code[index]) : 0;
}

bool ends_block(csh handle, const cs_insn& instruction) {
  return instruction.id == X86_INS_JMP || cs_insn_group(handle, &instruction, CS_GRP_RET) ||
         cs_insn_group(handle, &instruction, CS_GRP_INT) || instruction.id == X86_INS_UD2 ||
         instruction.id == X86_INS_HLT || instruction.id == X86_INS_SYSCALL;
}

// Whether the instruction leaves the stack and the first `arguments` argument registers alone.
bool keeps_entry(csh handle, const cs_insn& instruction, std::size_t arguments) {
  constexpr std::array<std::size_t, 6> kKept{kRsp, kRdi, kRsi, kRdx, kRcx, kR8};
  if (ends_block(handle, instruction) || cs_insn_group(handle, &instruction, CS_GRP_JUMP) ||
      cs_insn_group(handle, &instruction, CS_GRP_CALL)) {
    return false;
  }
  cs_regs read;
  cs_regs written;
  std::uint8_t read_count = 0;
  std::uint8_t written_count = 0;
  if (cs_regs_access(handle, &instruction, read, &read_count, written, &written_count) != 0) {
    return false;
  }
  return std::none_of(written, written + written_count, [&](unsigned reg) {
    const auto index = register_index(reg);
    const auto end = kKept.begin() + 1 + static_cast<std::ptrdiff_t>(arguments);
    return index && std::find(kKept.begin(), end, *index) != end;
  });
}

FirstCall make_call(const cs_insn& instruction, const RegisterState& state) {
  FirstCall call;
  call.target = static_cast<std::uint64_t>(instruction.detail->x86.operands[0].imm);
  call.keeps_arguments = state.at(kRdi) == ArgumentValue::kArgument1 &&
                         state.at(kRsi) == ArgumentValue::kArgument2 &&
                         state.at(kRdx) == ArgumentValue::kArgument3;
  call.fourth = state.at(kRcx);
  call.fifth = state.at(kR8);
  return call;
}

}  // namespace

std::size_t endbr_bytes(Bytes code) {
  const bool is_endbr = byte_at(code, 0) == 0xf3 && byte_at(code, 1) == 0x0f &&
                        byte_at(code, 2) == 0x1e && byte_at(code, 3) == 0xfa;
  return is_endbr ? 4 : 0;
}

// Source: push_setup_ops() and branch_setup_ops() in arch/x86/kernel/uprobes.c.
bool starts_cheap(Bytes code) {
  const std::uint8_t first = byte_at(code, 0);
  const std::uint8_t second = byte_at(code, 1);
  const auto is_push = [](std::uint8_t opcode) { return opcode >= 0x50 && opcode <= 0x57; };
  const bool is_jcc =
      (first >= 0x70 && first <= 0x7f) || (first == 0x0f && second >= 0x80 && second <= 0x8f);
  const bool is_jmp = first == 0xe9 || first == 0xeb;
  return is_push(first) || (first == 0x41 && is_push(second)) || first == 0x90 || is_jcc || is_jmp;
}

std::optional<std::size_t> find_cheap_entry(Bytes code, std::size_t arguments) {
  const std::size_t start = endbr_bytes(code);
  if (starts_cheap(code.subspan(start))) return start;
  const Disassembler disassembler;
  const csh raw = disassembler.get();
  if (raw == 0) return std::nullopt;
  const Instruction instruction(cs_malloc(raw));
  const auto* next = reinterpret_cast<const std::uint8_t*>(code.data()) + start;
  std::size_t left = code.size() - start;
  std::uint64_t address = start;
  for (std::size_t i = 0; i < kStraightInstructions; ++i) {
    if (!cs_disasm_iter(raw, &next, &left, &address, instruction.get())) return std::nullopt;
    if (!keeps_entry(raw, *instruction, arguments)) return std::nullopt;
    const std::size_t at = code.size() - left;
    if (starts_cheap(code.subspan(at))) return at;
  }
  return std::nullopt;
}

std::optional<FirstCall> find_first_call(Bytes code, std::uint64_t address) {
  const Disassembler disassembler;
  const csh raw = disassembler.get();
  if (raw == 0) return std::nullopt;
  const Instruction instruction(cs_malloc(raw));

  RegisterState state;
  const auto* next = reinterpret_cast<const std::uint8_t*>(code.data());
  std::size_t left = code.size();
  for (std::size_t i = 0; i < kEntryBlockInstructions; ++i) {
    if (!cs_disasm_iter(raw, &next, &left, &address, instruction.get())) return std::nullopt;
    if (instruction->id == X86_INS_CALL) {
      if (instruction->detail->x86.operands[0].type != X86_OP_IMM) return std::nullopt;
      return make_call(*instruction, state);
    }
    if (ends_block(raw, *instruction)) return std::nullopt;
    state.step(raw, *instruction);
  }
  return std::nullopt;
}

}  // namespace scopetrace
