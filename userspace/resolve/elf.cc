// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/elf.h"

#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstring>

namespace scopetrace {
namespace {

tl::unexpected<Error> unreadable(const char* what) {
  return fail(ErrorCode::kCorrupt, std::string("elf: ") + what);
}

// Whether [offset, offset + size) lies inside `limit` bytes.
bool is_inside(std::uint64_t offset, std::uint64_t size, std::uint64_t limit) {
  return offset <= limit && size <= limit - offset;
}

bool is_x86_64(const GElf_Ehdr& header) {
  return header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         header.e_machine == EM_X86_64 && (header.e_type == ET_DYN || header.e_type == ET_EXEC);
}

bool is_code(const GElf_Phdr& segment) {
  return segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 && segment.p_filesz > 0;
}

Result<std::vector<ElfSegment>> read_segments(Elf* elf, std::uint64_t image_bytes) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return unreadable("no program headers");
  if (count > kMaxElfSegments) return fail(ErrorCode::kLimit, "elf: too many program headers");
  std::vector<ElfSegment> segments;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) {
      return unreadable("program header outside the file");
    }
    if (!is_code(header)) continue;
    const bool wraps = header.p_vaddr + header.p_filesz < header.p_vaddr;
    if (wraps || !is_inside(header.p_offset, header.p_filesz, image_bytes)) {
      return unreadable("code outside the file");
    }
    segments.push_back({header.p_vaddr, header.p_offset, header.p_filesz});
  }
  return segments;
}

// One table of symbols with the strings that belong to it.
struct SymbolTable {
  const Elf64_Sym* symbols = nullptr;
  std::size_t count = 0;
  std::string_view strings;
};

// The bytes of a section; empty when they lie outside the image.
Bytes section_bytes(Elf_Scn* section, Bytes image) {
  GElf_Shdr header;
  if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) return {};
  if (!is_inside(header.sh_offset, header.sh_size, image.size())) return {};
  return image.subspan(header.sh_offset, header.sh_size);
}

// The first table of this type (SHT_DYNSYM or SHT_SYMTAB); empty when there is none.
Result<SymbolTable> find_table(Elf* elf, Bytes image, std::uint32_t type) {
  std::size_t sections = 0;
  if (elf_getshdrnum(elf, &sections) != 0) return unreadable("no section headers");
  if (sections > kMaxElfSections) return fail(ErrorCode::kLimit, "elf: too many sections");
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != type) continue;
    const Bytes symbols = section_bytes(section, image);
    Elf_Scn* strings = elf_getscn(elf, header.sh_link);
    if (symbols.empty() || strings == nullptr) return SymbolTable{};
    SymbolTable table;
    table.symbols = reinterpret_cast<const Elf64_Sym*>(symbols.data());
    table.count = symbols.size() / sizeof(Elf64_Sym);
    table.strings = as_text(section_bytes(strings, image));
    if (table.count > kMaxElfSymbols) return fail(ErrorCode::kLimit, "elf: too many symbols");
    return table;
  }
  return SymbolTable{};
}

// A symbol by value: the table may be unaligned in a hostile file.
Elf64_Sym symbol_at(const SymbolTable& table, std::size_t index) {
  Elf64_Sym symbol;
  std::memcpy(&symbol, reinterpret_cast<const std::byte*>(table.symbols) + index * sizeof(symbol),
              sizeof(symbol));
  return symbol;
}

bool is_defined_function(const Elf64_Sym& symbol) {
  return ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF &&
         symbol.st_value != 0;
}

// Whether the NUL-terminated string at `offset` is exactly `name`.
bool has_name(std::string_view strings, std::uint64_t offset, std::string_view name) {
  if (!is_inside(offset, name.size() + 1, strings.size())) return false;
  return strings.substr(offset, name.size()) == name && strings[offset + name.size()] == '\0';
}

bool contains(const std::vector<ElfFunction>& found, std::string_view name) {
  return std::any_of(found.begin(), found.end(),
                     [&](const ElfFunction& function) { return function.name == name; });
}

void search(const SymbolTable& table, std::span<const std::string_view> names,
            std::vector<ElfFunction>& found) {
  for (std::size_t i = 0; i < table.count && found.size() < names.size(); ++i) {
    const Elf64_Sym symbol = symbol_at(table, i);
    if (!is_defined_function(symbol)) continue;
    for (const std::string_view name : names) {
      if (!has_name(table.strings, symbol.st_name, name) || contains(found, name)) continue;
      found.push_back({std::string(name), symbol.st_value});
    }
  }
}

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// The build id among the notes of a section: name and value of each follow its header, padded to
// four bytes. Source: elf(5).
Bytes build_id_among(Bytes notes) {
  ByteReader reader(notes);
  while (const auto note = reader.read<Elf64_Nhdr>()) {
    const auto name = reader.take(padded(note->n_namesz));
    const auto value = name ? reader.take(padded(note->n_descsz)) : std::nullopt;
    if (!value) return {};
    const bool is_gnu = note->n_namesz == 4 && as_text(*name).starts_with("GNU");
    if (!is_gnu || note->n_type != NT_GNU_BUILD_ID) continue;
    return note->n_descsz <= kMaxBuildIdBytes ? value->first(note->n_descsz) : Bytes();
  }
  return {};
}

}  // namespace

void ElfFile::EndElf::operator()(Elf* elf) const { elf_end(elf); }

Result<ElfFile> ElfFile::open(Bytes image) {
  if (image.size() > kMaxElfBytes) return fail(ErrorCode::kLimit, "elf: file is over 1 GiB");
  if (image.size() < sizeof(Elf64_Ehdr)) return fail(ErrorCode::kUnsupported, "elf: too short");
  if (elf_version(EV_CURRENT) == EV_NONE) return fail(ErrorCode::kUnsupported, "elf: old libelf");

  ElfFile file;
  file.image_ = image;
  // libelf only reads through this pointer: the image is of the host's byte order.
  char* bytes = const_cast<char*>(reinterpret_cast<const char*>(image.data()));
  file.elf_.reset(elf_memory(bytes, image.size()));
  GElf_Ehdr header;
  if (file.elf_ == nullptr || gelf_getehdr(file.elf_.get(), &header) == nullptr ||
      !is_x86_64(header)) {
    return fail(ErrorCode::kUnsupported, "elf: not a loadable x86-64 file");
  }
  return file;
}

Result<ElfFile> ElfFile::parse(Bytes image) {
  ST_ASSIGN_OR_RETURN(ElfFile file, open(image));
  ST_ASSIGN_OR_RETURN(file.segments_, read_segments(file.elf_.get(), image.size()));
  return file;
}

Result<ElfFile> ElfFile::parse_debug_file(Bytes image) { return open(image); }

std::optional<std::uint64_t> ElfFile::to_file_offset(std::uint64_t address) const {
  for (const ElfSegment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.size_bytes) continue;
    return segment.file_offset + (address - segment.address);
  }
  return std::nullopt;
}

Bytes ElfFile::code_at(std::uint64_t address, std::size_t max_bytes) const {
  for (const ElfSegment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.size_bytes) continue;
    const std::uint64_t skip = address - segment.address;
    const std::uint64_t left = segment.size_bytes - skip;
    return image_.subspan(segment.file_offset + skip, std::min<std::uint64_t>(left, max_bytes));
  }
  return {};
}

Result<std::vector<ElfFunction>> ElfFile::find_functions(
    std::span<const std::string_view> names) const {
  std::vector<ElfFunction> found;
  for (const std::uint32_t type : {SHT_DYNSYM, SHT_SYMTAB}) {
    ST_ASSIGN_OR_RETURN(const SymbolTable table, find_table(elf_.get(), image_, type));
    search(table, names, found);
  }
  return found;
}

std::vector<Bytes> ElfFile::constant_parts() const {
  std::vector<Bytes> all;
  std::vector<Bytes> constants;
  bool has_read_only = false;
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0 || count > kMaxElfSegments) return {};
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type != PT_LOAD || !is_inside(header.p_offset, header.p_filesz, image_.size())) {
      continue;
    }
    all.push_back(image_.subspan(header.p_offset, header.p_filesz));
    if ((header.p_flags & PF_X) != 0) continue;
    constants.push_back(all.back());
    has_read_only = has_read_only || (header.p_flags & PF_W) == 0;
  }
  return has_read_only ? constants : all;
}

Bytes ElfFile::build_id() const {
  std::size_t sections = 0;
  if (elf_getshdrnum(elf_.get(), &sections) != 0 || sections > kMaxElfSections) return {};
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_.get(), section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
    const Bytes found = build_id_among(section_bytes(section, image_));
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace scopetrace
